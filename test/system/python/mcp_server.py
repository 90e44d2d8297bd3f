"""A server made with MCP's SDK for Python, as its documentation says: `uvicorn --uds SOCKET mcp_server:app`.

JSON_RESPONSE=1: it answers with JSON instead of event streams.
"""

import os

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

LONG = "word " * 4000

server = MCPServer("tools")


class Permission(BaseModel):
    may: bool


@server.tool()
def echo(value: str) -> str:
    return value


@server.tool()
def fail() -> str:
    raise ValueError(f"it has failed: {LONG}")


@server.tool()
async def work(ctx: Context) -> str:
    for progress in range(1, 4):
        await ctx.report_progress(progress, 3, LONG)
    return "worked"


@server.tool()
async def ask(ctx: Context) -> str:
    answer = await ctx.elicit(LONG, Permission)
    return answer.action


@server.resource("file:///book")
def book() -> str:
    return LONG


app = server.streamable_http_app(json_response=os.environ.get("JSON_RESPONSE") == "1")
