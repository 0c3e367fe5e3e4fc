"""Making the pairs: a frozen network stays what it was, to the last bit."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make setup-models")


def test_a_head_that_learns_alone_changes_nothing_else() -> None:
    from benchmarks.ota_training import HEAD, HeadAlone

    torch.manual_seed(1)
    network = HeadAlone()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    network.train()
    for _ in range(2):
        optimizer.zero_grad(set_to_none=True)
        network(torch.rand(4, 3, 48, 144) * 255).square().mean().backward()
        optimizer.step()
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {f"{HEAD}.weight", f"{HEAD}.bias"}
    assert network.drop.training
    assert not network.stem.training
    network.eval()
    assert not network.drop.training
