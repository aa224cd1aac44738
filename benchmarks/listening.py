"""An HTTP endpoint in the benchmark's own process, which notes when messages come."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

from benchmarks.ground import free_port
from s2sadmin.run import HOST

TAKEN = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Listening:
    """Subclasses say what a request is answered, and keep in `arrived` when which message came."""

    port: int = field(default_factory=free_port)
    arrived: dict[int, float] = field(default_factory=dict)

    def answer(self, path: str, body: bytes) -> bytes | None:
        """The whole answer to a POST of this path, which has no leading slash; None for none at all."""
        raise NotImplementedError

    def start(self) -> None:
        """Serve in a thread until the process ends."""
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait(10)

    def url(self, path: str) -> str:
        """Where requests of this path go to."""
        return f"http://{HOST}:{self.port}/{path}"

    async def _serve(self, ready: threading.Event) -> None:
        async with await asyncio.start_server(self._connected, HOST, self.port) as server:
            ready.set()
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
                body = await reader.readexactly(length)
                answer = self.answer(head.split(b" ", 2)[1][1:].decode(), body)
                if answer is None:
                    await reader.read()  # until the other side has had enough
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
