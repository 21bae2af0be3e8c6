"""A local OpenID provider that lets everybody in as whom the test says.

Authorization code flow with PKCE (RFC 7636) and ES256 tokens; reference: OpenID Connect Core 1.0.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT_ID, CLIENT_SECRET = "sulcus", "a-word-between-the-two"


class Provider:
    """The provider; `claims` may be changed between sign-ins, `ended` lists sign-outs."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims
        self.ended: list[dict[str, str]] = []
        self._key = ECKey.generate_key("P-256", parameters={"kid": "1"})
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "end_session_endpoint": f"{self.address}/end",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self._key]).as_dict(private=False))

    def code(self, asked: dict[str, str]) -> str:
        """A code for what the app asked, and the address to go back to."""
        assert asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"]
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, sent: dict[str, str]) -> dict[str, Any]:
        """The token for a code, which is used once, by whoever asked for it."""
        asked = self._codes.pop(sent["code"])
        proof = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(proof).decode().rstrip("=") == asked["code_challenge"]
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.claims}
        signed = jwt.encode({"alg": "ES256", "kid": "1"}, claims, self._key, algorithms=["ES256"])
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(path.query).items()}
            if path.path == "/authorize":
                self._go(provider.code(asked))
            elif path.path == "/end":
                provider.ended.append(asked)
                self._go(asked["post_logout_redirect_uri"])
            else:
                self._say(provider.keys() if path.path == "/keys" else provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            assert self.headers["Authorization"] == f"Basic {known}"
            self._say(provider.token(sent))

        def _go(self, address: str) -> None:
            self.send_response(302)
            self.send_header("Location", address)
            self.end_headers()

        def _say(self, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler
