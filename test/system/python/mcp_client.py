"""A client made with MCP's SDK for Python: `mcp_client.py SOCKET MODE`, with a mode of its `Client`.

It prints what it knows of its calls, as test/support/call-record.ts has it.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

LONG = "word " * 4000
SOCKET, MODE = sys.argv[1:]


def name_of(message):
    """The method, with the tool or prompt that it is about."""
    method = getattr(message, "method", None)
    if method in ("tools/call", "prompts/get"):
        return f"{method} {message.params['name']}"
    return method


def code_of(message):
    error = getattr(message, "error", None)
    if error is not None:
        return error.code
    result = getattr(message, "result", None)
    return "tool_error" if isinstance(result, dict) and result.get("isError") else None


class Record:
    """All that goes through a transport, both ways."""

    def __init__(self):
        self.answers = Counter()
        self.seconds = Counter()
        self.others = Counter()
        self.identities = []
        self.asked = {"client": {}, "server": {}}

    def note(self, message, by):
        method, id = name_of(message), getattr(message, "id", None)
        if method is not None and id is None:
            self.others[method] += 1
            self.identities.append(method)
        elif method is not None:
            self.asked[by][id] = (method, time.monotonic())
        else:
            asker = "client" if by == "server" else "server"
            method, start = self.asked[asker].pop(id)
            self.answered(asker, method, id, code_of(message), time.monotonic() - start)

    def answered(self, asker, method, id, code, seconds):
        if asker == "server":
            # Its answer takes another connection.
            self.others[f"{method} unknown"] += 1
            self.identities.append(f"{method} #{id} unknown")
            return
        ending = "" if code is None else f" {code}"
        self.answers[method + ending] += 1
        self.seconds[method + ending] += seconds
        self.identities.append(f"{method} #{id}{ending}")


class Recorded:
    """A stream of a transport that records what goes through it."""

    def __init__(self, stream, record):
        self.stream, self.record = stream, record

    def __getattr__(self, name):
        return getattr(self.stream, name)

    async def send(self, item):
        self.record.note(item.message, "client")
        await self.stream.send(item)

    async def receive(self):
        return self.heard(await self.stream.receive())

    def __aiter__(self):
        return self

    async def __anext__(self):
        return self.heard(await self.stream.__anext__())

    async def __aenter__(self):
        await self.stream.__aenter__()
        return self

    async def __aexit__(self, *failure):
        return await self.stream.__aexit__(*failure)

    def heard(self, item):
        if not isinstance(item, Exception):
            self.record.note(item.message, "server")
        return item


@asynccontextmanager
async def transport(record):
    connector = httpx2.AsyncHTTPTransport(uds=SOCKET)
    async with httpx2.AsyncClient(transport=connector, timeout=30) as http_client:
        async with streamable_http_client("http://localhost:8000/mcp", http_client=http_client) as (read, write):
            yield Recorded(read, record), Recorded(write, record)


async def decline(context, params):
    return ElicitResult(action="decline")


async def refused(call):
    try:
        await call
    except MCPError:
        return
    raise AssertionError("was not refused")


async def converse(client):
    await client.list_tools()
    for value in ["short", LONG, "short again"]:
        answer = await client.call_tool("echo", {"value": value})
        assert answer.content[0].text == value
    await asyncio.gather(*(client.call_tool("echo", {"value": LONG if i % 3 == 0 else "short"}) for i in range(10)))
    assert (await client.call_tool("fail", {})).is_error

    async def progressed(*progress):
        pass

    await client.call_tool("work", {}, progress_callback=progressed)
    if MODE == "legacy":
        await client.call_tool("ask", {})
        await client.send_ping()
    await client.read_resource("file:///book")
    await refused(client.read_resource("file:///" + "x" * 500))
    await refused(client.get_prompt("none"))


async def main():
    record = Record()
    async with Client(transport(record), mode=MODE, elicitation_callback=decline, read_timeout_seconds=30) as client:
        await converse(client)
    calls = {**record.answers, **record.others}
    print(json.dumps({"calls": calls, "answers": record.answers, "seconds": record.seconds, "identities": record.identities}))


asyncio.run(main())
