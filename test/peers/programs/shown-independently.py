# What other programs show of a picture, at the window they are told: DCMTK's dcmj2pnm, and pydicom with numpy, Pillow and
# DCMTK's decompressors. One question a line on standard input, one answer a line; the values go to files, 8 bits a sample.
import json, os, subprocess, sys, tempfile, warnings

warnings.filterwarnings("ignore")
import numpy
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixel_data_handlers.util import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi,
    apply_windowing,
    convert_color_space,
)

JPEG = "1.2.840.10008.1.2.4."


def plain(path, folder):
    """The file itself, or the file that DCMTK makes of a JPEG or JPEG-LS one."""
    meta = pydicom.dcmread(path, force=True, stop_before_pixels=True).file_meta
    syntax = str(meta.get("TransferSyntaxUID", ""))
    number = int(syntax.split(".")[7]) if syntax.startswith(JPEG) else 0
    if not 50 <= number <= 81:
        return path
    tool = ["dcmdjpls"] if number >= 80 else ["dcmdjpeg", "+cn"]
    out = os.path.join(folder, "plain.dcm")
    subprocess.run(tool + [path, out], check=True, capture_output=True, timeout=60)
    return out


def by_pydicom(asked, folder):
    data = pydicom.dcmread(plain(asked["path"], folder), force=True)
    pixels = data.pixel_array
    if int(data.get("NumberOfFrames", 1) or 1) > 1:
        pixels = pixels[asked["frame"]]
    model = data.PhotometricInterpretation
    if model == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, data)
        return (pixels >> 8).astype(numpy.uint8) if pixels.dtype == numpy.uint16 else pixels
    if data.SamplesPerPixel == 3:
        if model.startswith("YBR_FULL"):
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
        if pixels.dtype != numpy.uint8:
            pixels = (pixels >> (data.BitsStored - 8)).astype(numpy.uint8)
        return pixels
    if pixels.dtype.kind == "u" and data.get("HighBit") == data.get("BitsStored", 0) - 1:
        pixels = pixels & ((1 << data.BitsStored) - 1)
    scaled = data
    if "SharedFunctionalGroupsSequence" in data:
        scaled = rescale_of_frame(data, asked["frame"]) or data
    values = apply_modality_lut(pixels, scaled)
    if asked["lut"] is not None:
        levels = apply_voi(values, data, asked["lut"])
        bits = data.VOILUTSequence[asked["lut"]].LUTDescriptor[2]
        shown = levels.astype(float) / (2**bits - 1)
    else:
        window = Dataset()
        window.PhotometricInterpretation = "MONOCHROME2"
        window.BitsStored = 16
        window.PixelRepresentation = 0
        window.WindowCenter = asked["center"]
        window.WindowWidth = asked["width"]
        window.VOILUTFunction = asked["function"]
        shown = apply_windowing(numpy.asarray(values, dtype=float), window) / 65535.0
    shown = numpy.nan_to_num(shown)
    if model == "MONOCHROME1":
        shown = 1 - shown
    grey = numpy.clip(numpy.floor(shown * 255 + 0.5), 0, 255).astype(numpy.uint8)
    return supplemented(grey, pixels, data) if asked["supplemental"] else grey


def supplemented(grey, pixels, data):
    """Values from the first mapped one on in the colours of the palette (PS3.3 C.7.6.19)."""
    del data.PixelPresentation
    first = data.RedPaletteColorLookupTableDescriptor[1]
    colours = apply_color_lut(pixels, data)
    if colours.dtype == numpy.uint16:
        colours = (colours >> 8).astype(numpy.uint8)
    return numpy.where((pixels >= first)[..., None], colours, grey[..., None])


def rescale_of_frame(data, frame):
    groups = [data.get("PerFrameFunctionalGroupsSequence"), data.SharedFunctionalGroupsSequence]
    for sequence, index in zip(groups, [frame, 0]):
        if sequence and index < len(sequence) and "PixelValueTransformationSequence" in sequence[index]:
            return sequence[index].PixelValueTransformationSequence[0]
    return None


def by_dcmtk(asked, folder):
    path = asked["path"]
    meta = pydicom.dcmread(path, force=True, stop_before_pixels=True).file_meta
    if str(meta.get("TransferSyntaxUID", "")).startswith(JPEG + "8"):
        path = plain(path, folder)
    command = ["dcmj2pnm", "-q", "-O", "-S", "+F", str(asked["frame"] + 1)]
    if asked["lut"] is not None:
        command += ["+Wl", str(asked["lut"] + 1)]
    elif asked["center"] is not None:
        if asked["function"] == "LINEAR_EXACT":
            raise ValueError("no LINEAR_EXACT")
        command += ["+Ww", repr(asked["center"]), repr(asked["width"])]
        command += ["+Wfs" if asked["function"] == "SIGMOID" else "+Wfl"]
    out = os.path.join(folder, "shown.pnm")
    subprocess.run(command + [path, out], check=True, capture_output=True, timeout=60)
    with open(out, "rb") as file:
        raw = file.read()
    fields, at = [], 0
    while len(fields) < 4:
        end = at
        while raw[end : end + 1] not in (b" ", b"\n"):
            end += 1
        fields.append(raw[at:end])
        at = end + 1
    samples = 3 if fields[0] == b"P6" else 1
    count = int(fields[1]) * int(fields[2]) * samples
    return numpy.frombuffer(raw, dtype=numpy.uint8, count=count, offset=at)


with tempfile.TemporaryDirectory() as folder:
    for line in sys.stdin:
        asked = json.loads(line)
        said = {}
        for name, show in (("pydicom", by_pydicom), ("dcmtk", by_dcmtk)):
            try:
                shown = numpy.ascontiguousarray(show(asked, folder))
                shown.tofile(asked["out"] + "." + name)
                said[name] = "shown"
            except Exception as error:
                said[name] = type(error).__name__
        print(json.dumps(said), flush=True)
