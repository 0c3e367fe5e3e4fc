"""What a broker's refusal or a failed attempt means, in words that a technician can act on (MQTT 5.0, 2.4 and 3.2.2.2)."""

from __future__ import annotations

import socket
import ssl

REASONS: dict[int, str] = {
    0x80: "ended without a reason; certificate valid, port right? see the broker's log",
    0x81: "the broker could not read the connection request; is it an MQTT 5 broker?",
    0x82: "protocol error; is it an MQTT 5 broker?",
    0x84: "the broker does not speak MQTT 5; use another one",
    0x85: "the broker does not accept this client id; it must be the device's name",
    0x86: "bad user name or password; check broker.username and broker.password_file",
    0x87: "not authorised; is the device enrolled with this manager, and not withdrawn?",
    0x88: "the broker is unavailable; it will be tried again",
    0x89: "the broker is busy; it will be tried again",
    0x8A: "this client is banned by the broker",
    0x8B: "the broker is shutting down",
    0x8D: "the broker heard nothing in time; is the link very slow?",
    0x8E: "another box connected under this name: two boxes have one identity",
    0x95: "a packet was larger than the broker allows",
    0x97: "a quota of the broker is exceeded",
    0x98: "the broker closed the connection by hand of its administrator",
    0x9B: "the broker does not allow the quality of service that is needed",
    0x9D: "the broker wants this box to use another server",
    0x9F: "connections come too fast; it will be tried again",
}

SESSION_TAKEN_OVER = 0x8E
_BAD_PASSWORD, _NOT_AUTHORISED = 0x86, 0x87


def refusal_text(code: int, *, certificate: bool) -> str:
    """Why a connection was refused; a broker that asks for no certificate speaks of the password (mosquitto: 0x87)."""
    return reason_text(_BAD_PASSWORD if code == _NOT_AUTHORISED and not certificate else code)


def reason_text(code: int) -> str:
    """The reason in words."""
    return REASONS.get(code, f"the broker answered with reason code 0x{code:02X}")


def error_text(error: Exception) -> str:
    """Why no connection came about, in words."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"the broker's certificate is not trusted ({error.verify_message}); right manager? clock right?"
        case ssl.SSLError():
            return f"TLS failed ({error.reason}); does the broker speak TLS on this port?"
        case socket.gaierror():
            return "this name is not known; check the address and the network"
        case ConnectionRefusedError():
            return "connection refused; is the broker running, and the port right?"
        case TimeoutError():
            return "no answer; check the network and the address"
    return str(error)
