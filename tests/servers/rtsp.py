"""A real RTSP camera for tests: GStreamer's server plays an MP4 in real time, for ever if told so.

Run by Debian's own Python, which has the bindings (packages: servers.md of the design). Prints its port, then serves
rtsp://127.0.0.1:PORT/camera until it is killed.

    /usr/bin/python3 rtsp.py FILM.mp4 [--elementary] [--user NAME --password SECRET]

FILM may also be an H.264 elementary stream (`--elementary`), which is then played again and again.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - versions are chosen before the import


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("film")
    parser.add_argument("--elementary", action="store_true")
    parser.add_argument("--codec", choices=["h264", "h265"], default="h264")
    parser.add_argument("--private", action="store_true", help="play the film from its beginning to each client")
    parser.add_argument("--user")
    parser.add_argument("--password")
    return parser.parse_args()


def pipeline(film: str, codec: str, *, elementary: bool) -> str:
    read = f"multifilesrc loop=true location={film}" if elementary else f"filesrc location={film} ! qtdemux"
    return f"( {read} ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=-1 )"


def protect(
    server: "GstRtspServer.RTSPServer", factory: "GstRtspServer.RTSPMediaFactory", told: argparse.Namespace
) -> None:
    """Ask for a name and a password."""
    role = "viewer"
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", role)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(told.user, told.password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(role, "media.factory.access", True)
    permissions.add_permission_for_role(role, "media.factory.construct", True)
    factory.set_permissions(permissions)


def main() -> None:
    told = options()
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(pipeline(told.film, told.codec, elementary=told.elementary))
    factory.set_shared(not told.private)
    if told.user:
        protect(server, factory, told)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - the test reads it
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
