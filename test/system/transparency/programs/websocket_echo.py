"""A server and a client of WebSocket, compressed as by default and not: every message comes back."""
import asyncio
import json
import sys

import websockets

UPSTREAM, LISTEN = sys.argv[1:]


async def answer(connection):
    async for text in connection:
        request = json.loads(text)
        await connection.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": request["params"]}))


async def call(connection, number):
    params = ["x" * 1000 * number]
    await connection.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "echo", "params": params}))
    assert json.loads(await connection.recv())["result"] == params


async def main():
    async with websockets.unix_serve(answer, UPSTREAM):
        for compression in "deflate", None:
            async with websockets.unix_connect(LISTEN, "ws://localhost/socket", compression=compression) as connection:
                for number in range(20):
                    await call(connection, number)


asyncio.run(main())
