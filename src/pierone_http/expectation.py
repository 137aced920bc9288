"""`Expect: 100-continue`: an answer that comes before the body was asked for ends the connection.

The client may send the body or not, and where the next request begins would be anybody's guess (RFC 9110 section
10.1.1).
"""

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


def until_asked_for(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """`app`, whose answer ends the connection as long as the body of `cycle` was not asked for, and does not come."""

    async def answer(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        async def start(message: ASGISendEvent) -> None:
            if cycle.waiting_for_100_continue and cycle.more_body:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, start)

    return answer
