"""The breakable link, with real sockets."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from simulator.faults.processes import wait_until
from simulator.faults.proxy import LinkState, Proxy


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A reset connection is what these tests are about."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Server(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with Proxy(server.server_address[1]) as link:
            yield link
        server.shutdown()
        thread.join()


def connect(proxy: Proxy) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    connection.settimeout(10)
    return connection


def echo(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        got += connection.recv(65536)
    return got


def test_bytes_pass_in_order_and_are_counted(proxy: Proxy) -> None:
    data = bytes(range(256)) * 400
    with connect(proxy) as connection:
        assert echo(connection, data) == data
    assert proxy.bytes_up == proxy.bytes_down == len(data)


def test_a_cut_resets_and_refuses_until_it_is_restored(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        echo(connection, b"x")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert refused(proxy)
    proxy.restore()
    with connect(proxy) as again:
        assert echo(again, b"back") == b"back"


def refused(proxy: Proxy) -> bool:
    try:
        with connect(proxy) as connection:
            connection.sendall(b"x")
            return connection.recv(1) == b""
    except OSError:
        return True


def test_silence_lets_nothing_pass_and_tells_nobody(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        echo(connection, b"x")
        proxy.silence()
        assert proxy.state is LinkState.SILENT
        connection.sendall(b"anyone?")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(10)
        proxy.resume()
        assert connection.recv(100) == b"anyone?"


def test_what_was_silenced_is_lost_when_the_link_is_restored(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        echo(connection, b"x")
        proxy.silence()
        proxy.restore()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert wait_until(lambda: proxy.open_connections == 0, 5)
