# Decodes the first frame of each file with programs that share no code with ours: pydicom and numpy for uncompressed
# and RLE, Pillow for JPEG 2000, DCMTK for JPEG and JPEG-LS. One line of JSON a file: the SHA-256 of the values in the
# form that the frame reader promises (grey as stored, colour as 8-bit RGB interleaved), or why there is none.
import hashlib, json, os, subprocess, sys, tempfile, warnings

warnings.filterwarnings("ignore")
import numpy
import pydicom
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space

JPEG = "1.2.840.10008.1.2.4."


def plain(path, folder):
    meta = pydicom.dcmread(path, force=True, stop_before_pixels=True).file_meta
    syntax = str(meta.get("TransferSyntaxUID", ""))
    number = int(syntax.split(".")[7]) if syntax.startswith(JPEG) else 0
    if not 50 <= number <= 81:
        return path
    tool = ["dcmdjpls"] if number >= 80 else ["dcmdjpeg", "+cn"]
    out = os.path.join(folder, "plain.dcm")
    subprocess.run(tool + [path, out], check=True, capture_output=True, timeout=60)
    return out


def values(path, folder):
    data = pydicom.dcmread(plain(path, folder), force=True)
    if "TransferSyntaxUID" not in data.file_meta:
        raise ValueError("no transfer syntax")
    pixels = data.pixel_array
    if int(data.get("NumberOfFrames", 1) or 1) > 1:
        pixels = pixels[0]
    if pixels.dtype == numpy.float64:
        return pixels.astype(numpy.float32)
    model = data.PhotometricInterpretation
    if model == "PALETTE COLOR" and "RedPaletteColorLookupTableDescriptor" in data:
        pixels = apply_color_lut(pixels, data)
        return (pixels >> 8).astype(numpy.uint8) if pixels.dtype == numpy.uint16 else pixels
    if data.SamplesPerPixel == 3:
        if model.startswith("YBR_FULL"):
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
        if pixels.dtype != numpy.uint8:
            pixels = (pixels >> (data.BitsStored - 8)).astype(numpy.uint8)
    return pixels


with tempfile.TemporaryDirectory() as folder:
    for line in sys.stdin:
        path = line.rstrip("\n")
        try:
            found = numpy.ascontiguousarray(values(path, folder))
            said = {"sha256": hashlib.sha256(found.astype(found.dtype.newbyteorder("<")).tobytes()).hexdigest()}
        except Exception as error:
            said = {"error": type(error).__name__}
        print(json.dumps({"path": path, **said}), flush=True)
