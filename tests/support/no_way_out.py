"""A network of its own that leads nowhere, in which a command runs: what it would have sent out is seen.

unshare --net python no_way_out.py REPORT COMMAND...

Every address answers here, on the loopback device, so that packets are sent and can be counted. REPORT gets a JSON list
of the packets to other machines, and of look-ups of names wherever they go, as [protocol, address, port].
"""

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

_DNS = 53
_TO_US = socket.PACKET_HOST
_EVERY_PROTOCOL = 3  # ETH_P_ALL


def main(report, command):
    for words in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)
    seen = set()
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_EVERY_PROTOCOL))
    threading.Thread(target=_listen, args=(wire, seen), daemon=True).start()
    status = subprocess.run(command).returncode
    time.sleep(0.2)
    Path(report).write_text(json.dumps(sorted(seen)))
    return status


def _listen(wire, seen):
    while True:
        packet, (_, _, kind, *_) = wire.recvfrom(65535)
        if kind == _TO_US and (goal := _goal(packet)) is not None:
            seen.add(goal)


def _goal(packet):
    """(protocol, address, port) of a packet that no machine should send by itself; None for talk within this one."""
    if packet[0] >> 4 == 4:
        protocol, address, rest = packet[9], socket.inet_ntop(socket.AF_INET, packet[16:20]), (packet[0] & 15) * 4
        here = address.startswith("127.")
    else:
        protocol, address, rest = packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), 40
        here = address == "::1"
    kind = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}.get(protocol)
    if kind is None:
        return None
    sender, port = struct.unpack_from("!HH", packet, rest)
    answer = not here and sender < 1024 < port  # the refusal, which comes from the address that was asked
    return None if answer or (here and port != _DNS) else (kind, address, port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
