"""What somebody would pick instead of us, written the usual way: one camera, one look per interval, the same weights.

Each runs in a process of its own, pinned to one core by `cameras.py`, prints one JSON line and ends:

    python benchmarks/peers.py ultralytics|ultralytics-all|opencv|floor URL --model detector.onnx --seconds N --stride N

Runs under any interpreter that has the peer's package (`--peer-python` of cameras.py); imports nothing of ours.
"""

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator

WARM_LOOKS = 2
"""Not measured: the connection, the first allocation, the first run of the network."""


def main() -> int:
    """Look for the given time and print what it cost."""
    asked = _arguments()
    looks = PEERS[asked.peer](asked)
    print(json.dumps({"peer": asked.peer, "version": _version(asked.peer)} | _measured(looks, asked.seconds)))
    # Peers keep threads that wait for their cameras; nothing is left to be saved.
    sys.stdout.flush()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("url")
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--stride", type=int, default=50, help="frames from one look to the next")
    return parser.parse_args()


def _measured(looks: Iterator[None], seconds: float) -> dict[str, float]:
    for _ in range(WARM_LOOKS):
        next(looks)
    began_s, cpu_s, count = time.monotonic(), _cpu_s(), 0
    while time.monotonic() - began_s < seconds:
        next(looks)
        count += 1
    return {
        "looks": count,
        "wall_s": time.monotonic() - began_s,
        "cpu_s": _cpu_s() - cpu_s,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _ultralytics(asked: argparse.Namespace) -> Iterator[None]:
    """`predict(stream=True)` as its documentation shows it, with `vid_stride` for the look rate."""
    from ultralytics import YOLO  # noqa: PLC0415 - only this peer's interpreter has it

    model = YOLO(asked.model, task="detect")
    # `rect` is its default: a wide picture goes through the network at 640x384.
    for _ in model.predict(asked.url, stream=True, vid_stride=asked.stride, imgsz=640, verbose=False):
        yield


def _ultralytics_all(asked: argparse.Namespace) -> Iterator[None]:
    """Every frame, as the first lines of its documentation do."""
    return _ultralytics(argparse.Namespace(**vars(asked) | {"stride": 1}))


def _opencv(asked: argparse.Namespace) -> Iterator[None]:
    """`VideoCapture.grab` for every frame, `retrieve` and ONNX Runtime for each that is due; no post-processing."""
    import cv2  # noqa: PLC0415 - the other peers do without
    import numpy as np  # noqa: PLC0415
    import onnxruntime as ort  # noqa: PLC0415

    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(asked.model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    capture, number = cv2.VideoCapture(asked.url, cv2.CAP_FFMPEG), 0
    while capture.grab():
        number += 1
        if number % asked.stride == 0:
            _, frame = capture.retrieve()
            blob = cv2.dnn.blobFromImage(frame, 1 / 255, (640, 384), swapRB=True)
            session.run(None, {name: np.ascontiguousarray(blob)})
            yield


def _floor(asked: argparse.Namespace) -> Iterator[None]:
    """No peer but the least that anybody can do: read the stream, decode one key frame, run the network on a tensor.

    No colours, no letterbox, nobody judged; the tensor is the smallest that holds the whole picture at 640 px.
    """
    import av  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import onnxruntime as ort  # noqa: PLC0415

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(asked.model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    tensor = np.random.default_rng(1).random((1, 3, 384, 640), np.float32)
    container = av.open(asked.url, options={"rtsp_transport": "tcp"})
    video = container.streams.video[0]
    video.codec_context.thread_count = 1
    for packet in container.demux(video):
        if packet.is_keyframe:
            video.codec_context.decode(packet)
            video.codec_context.decode(None)
            video.codec_context.flush_buffers()
            session.run(None, {name: tensor})
            yield


PEERS = {"ultralytics": _ultralytics, "ultralytics-all": _ultralytics_all, "opencv": _opencv, "floor": _floor}


def _version(peer: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415

    packages = {"opencv": ["opencv-python-headless"], "floor": ["av"]}.get(
        peer, ["ultralytics-opencv-headless", "ultralytics"]
    )
    for package in packages:
        try:
            return f"{package} {version(package)}"
        except ModuleNotFoundError:
            continue
    return "unknown"


if __name__ == "__main__":
    sys.exit(main())
