"""Real clips for the drivers' tests, made by the bundled ffmpeg."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest


def run_ffmpeg(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ffmpeg to its end; what it complained about is in ``stderr``."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def decodes(path: Path) -> bool:
    """Whether a media file decodes to its end without a complaint."""
    result = run_ffmpeg("-i", str(path), "-f", "null", "-")
    return result.returncode == 0 and not result.stderr


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two short H.264/AAC clips."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for number in range(2):
        path = str(folder / f"clip{number}.mp4")
        picture = f"testsrc2=size=160x120:rate=10:duration={number + 1}"
        sound = f"sine=frequency=440:duration={number + 1}"
        inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
        result = run_ffmpeg(*inputs, "-pix_fmt", "yuv420p", "-c:a", "aac", path)
        assert result.returncode == 0, result.stderr
        made.append(path)
    return made
