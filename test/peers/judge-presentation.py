"""Reads objects that Safelight made with pydicom and numpy, and says where they are not what they should be.

    judge-presentation.py cases.json

A case is {"kind": "state" | "baked", ...}. For a state: the picture as the viewer draws it, as raw bytes, and the state; the
picture is drawn again here from the state alone and compared. For a baked object: its source, and what was chosen; every
pixel is compared. One line of JSON a case.
"""

import json
import sys

import numpy as np
import pydicom
from pydicom.pixel_data_handlers.util import apply_color_lut, apply_modality_lut, convert_color_space


def turned(values, rotation, flipped):
    values = np.rot90(values, k=-(rotation // 90))
    return np.fliplr(values) if flipped else values


def shown(dataset, rows, columns):
    """Within all shapes of a display shutter, PS3.3 C.7.6.11."""
    inside = np.ones((rows, columns), bool)
    shapes = dataset.get("ShutterShape", [])
    shapes = [shapes] if isinstance(shapes, str) else list(shapes)
    y, x = np.mgrid[1 : rows + 1, 1 : columns + 1]
    if "RECTANGULAR" in shapes:
        inside &= (x >= dataset.ShutterLeftVerticalEdge) & (x <= dataset.ShutterRightVerticalEdge)
        inside &= (y >= dataset.ShutterUpperHorizontalEdge) & (y <= dataset.ShutterLowerHorizontalEdge)
    if "CIRCULAR" in shapes:
        row, column = dataset.CenterOfCircularShutter
        inside &= (x - column) ** 2 + (y - row) ** 2 <= dataset.RadiusOfCircularShutter**2
    if "POLYGONAL" in shapes:
        flat = list(dataset.VerticesOfThePolygonalShutter)
        corners = list(zip(flat[1::2], flat[0::2]))
        within = np.zeros_like(inside)
        edge = np.zeros_like(inside)
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1]):
            between = (x >= min(x1, x2)) & (x <= max(x1, x2)) & (y >= min(y1, y2)) & (y <= max(y1, y2))
            edge |= between & ((x - x1) * (y2 - y1) == (y - y1) * (x2 - x1))
            if y1 != y2:
                crosses = (y1 > y) != (y2 > y)
                within ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        inside &= within | edge
    return inside


def window(values, item):
    center, width = float(item.WindowCenter), float(item.WindowWidth)
    kind = item.get("VOILUTFunction", "LINEAR")
    if kind == "SIGMOID":
        return np.round(255 / (1 + np.exp(-4 * (values - center) / width)))
    if kind == "LINEAR_EXACT":
        return np.clip((values - (center - width / 2)) / width * 255, 0, 255)
    if width <= 1:
        return np.where(values <= center - 0.5, 0, 255)
    return np.clip(((values - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)


def by_lut(values, item):
    """PS3.3 C.11.2.1.1; entries deeper than the descriptor says are taken as they are."""
    count, first, bits = item.LUTDescriptor
    data = item.LUTData
    entries = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.array(data)
    entries = entries[: count or 65536].astype(np.float64)
    first = first - 65536 if first > 32767 and values.min() < 0 else first
    white = 2**bits - 1
    if entries.max() > white:
        white = 2 ** int(np.ceil(np.log2(entries.max() + 1))) - 1
    return entries[np.clip(np.rint(values).astype(np.int64) - first, 0, len(entries) - 1)] * 255 / white


def in_colour(image, state):
    """Eight bits of red, green and blue, turned and shut as the state says."""
    values, kind = image.pixel_array, image.PhotometricInterpretation
    if int(image.get("NumberOfFrames", 1) or 1) > 1:
        values = values[0]
    depth = image.BitsStored
    if kind == "PALETTE COLOR":
        values = apply_color_lut(values, image)
        depth = 16 if values.dtype.itemsize == 2 and values.max() > 255 else 8
    elif kind.startswith("YBR_FULL"):
        values = convert_color_space(values, "YBR_FULL", "RGB")
    light = (values.astype(np.int64) >> max(0, depth - 8))
    light = np.where(shown(state, *light.shape[:2])[..., None], light, 0)
    return turned(light, state.ImageRotation, state.ImageHorizontalFlip == "Y")


def faults_of_colour(state):
    """What PS3.3 A.33.2 wants of a Color Softcopy Presentation State, and what it has no place for."""
    faults = []
    if state.SOPClassUID != "1.2.840.10008.5.1.4.1.1.11.2":
        faults.append("class of a colour state")
    profile = state.get("ICCProfile", b"")
    if len(profile) < 128 or profile[36:40] != b"acsp" or int.from_bytes(profile[:4], "big") > len(profile):
        faults.append("ICC profile")
    for keyword in ("SoftcopyVOILUTSequence", "PresentationLUTShape", "PresentationLUTSequence", "RescaleSlope"):
        if keyword in state:
            faults.append(f"{keyword} in a colour state")
    if "ShutterShape" in state and list(state.get("ShutterPresentationColorCIELabValue", [])) != [0, 0x8080, 0x8080]:
        faults.append("colour of the shutter")
    return faults


def judge_state(case):
    image = pydicom.dcmread(case["image"], force=True)
    state = pydicom.dcmread(case["state"])
    faults = []
    reference = state.ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    if reference.ReferencedSOPInstanceUID != image.SOPInstanceUID:
        faults.append("refers to another picture")
    if state.Modality != "PR":
        faults.append("modality")
    if state.StudyInstanceUID != image.StudyInstanceUID:
        faults.append("study")
    values = image.pixel_array
    if int(image.get("NumberOfFrames", 1) or 1) > 1:
        values = values[0]
    drawn = np.fromfile(case["drawn"], np.uint8)
    area = state.DisplayedAreaSelectionSequence[0]
    if "SamplesPerPixel" in image and image.SamplesPerPixel == 1 and image.PhotometricInterpretation != "PALETTE COLOR":
        drawn = drawn.reshape(case["height"], case["width"])
        values = apply_modality_lut(values, state).astype(np.float64)
        voi = state.SoftcopyVOILUTSequence[0]
        by_table = "VOILUTSequence" in voi
        light = np.floor((by_lut(values, voi.VOILUTSequence[0]) if by_table else window(values, voi)) + 0.5)
        if state.PresentationLUTShape == "INVERSE":
            light = 255 - light
        light = np.where(shown(state, *light.shape), light, state.get("ShutterPresentationValue", 0) >> 8)
        light = turned(light, state.ImageRotation, state.ImageHorizontalFlip == "Y")
        difference = np.abs(light - drawn)
        padding = image.get("PixelPaddingValue")
        if padding is not None:
            limit = image.get("PixelPaddingRangeLimit", padding)
            least, most_padded = min(padding, limit), max(padding, limit)
            stored = image.pixel_array
            ground = turned((stored >= least) & (stored <= most_padded), state.ImageRotation, state.ImageHorizontalFlip == "Y")
            difference = np.where(ground, 0, difference)
        most = int(difference.max())
    else:
        most = int(np.abs(in_colour(image, state) - drawn.reshape(case["height"], case["width"], 3)).max())
        faults += faults_of_colour(state)
    corners = [list(area.DisplayedAreaTopLeftHandCorner), list(area.DisplayedAreaBottomRightHandCorner)]
    if sorted(corner[0] for corner in corners) != [1, image.Columns] or sorted(c[1] for c in corners) != [1, image.Rows]:
        faults.append(f"area {corners}")
    for annotation in state.get("GraphicAnnotationSequence", []):
        for graphic in annotation.get("GraphicObjectSequence", []):
            data = list(graphic.GraphicData)
            if len(data) != 2 * graphic.NumberOfGraphicPoints:
                faults.append("number of points")
            if min(data) < 0 or max(data[0::2]) > image.Columns or max(data[1::2]) > image.Rows:
                faults.append("outside")
    texts = [
        text.UnformattedTextValue
        for annotation in state.get("GraphicAnnotationSequence", [])
        for text in annotation.get("TextObjectSequence", [])
    ]
    if texts != case.get("texts", texts):
        faults.append(f"texts {texts}")
    return {"name": case["name"], "faults": faults, "most": most}


# What a derived picture may say otherwise, PS3.3 C.7.6.1.1.2.
mayDiffer = set(
    """ImageType SOPInstanceUID SeriesInstanceUID SeriesNumber SeriesDescription InstanceCreationDate InstanceCreationTime
    DerivationDescription DerivationCodeSequence SourceImageSequence ContributingEquipmentSequence Rows Columns PixelData
    IconImageSequence SmallestImagePixelValue LargestImagePixelValue SmallestPixelValueInSeries LargestPixelValueInSeries
    SmallestImagePixelValueInPlane LargestImagePixelValueInPlane DataSetTrailingPadding DigitalSignaturesSequence
    MACParametersSequence PerFrameFunctionalGroupsSequence SharedFunctionalGroupsSequence SequenceOfUltrasoundRegions
    ImagePositionPatient ImageOrientationPatient PixelSpacing ImagerPixelSpacing NominalScannedPixelSpacing PixelAspectRatio
    PatientOrientation LossyImageCompression BurnedInAnnotation PhotometricInterpretation PresentationLUTShape WindowCenter
    WindowWidth WindowCenterWidthExplanation VOILUTSequence PlanarConfiguration ExtendedOffsetTable
    ExtendedOffsetTableLengths""".split()
)


def judge_baked(case):
    source, made = pydicom.dcmread(case["image"], force=True), pydicom.dcmread(case["made"])
    faults = []
    for keyword in {e.keyword for e in source} | {e.keyword for e in made}:
        if keyword in mayDiffer or keyword == "" or "Shutter" in keyword or keyword.startswith("Overlay"):
            continue
        one, other = source.get(keyword), made.get(keyword)
        if one != other and str(one) != str(other):
            faults.append(f"{keyword}: {one!r} {other!r}"[:120])
    if list(made.ImageType)[0] != "DERIVED":
        faults.append("image type")
    item = made.SourceImageSequence[-1]
    if item.ReferencedSOPInstanceUID != source.SOPInstanceUID:
        faults.append("source")
    if item.PurposeOfReferenceCodeSequence[0].CodeValue != "121322" or len(made.DerivationCodeSequence) == 0:
        faults.append("codes")
    before, after = source.pixel_array, made.pixel_array
    frames = int(source.get("NumberOfFrames", 1) or 1)
    if frames == 1:
        before, after = before[None], after[None]
    rows, columns = before.shape[1:3]
    black = np.zeros((rows, columns), bool)
    for left, top, right, bottom in case.get("redactions", []):
        black[top:bottom, left:right] = True
    left, top, right, bottom = case.get("crop") or [0, 0, columns, rows]
    cut = lambda plane: turned(plane[top:bottom, left:right], case.get("rotation", 0), case.get("flipped", False))
    where = cut(black)
    wrong = 0
    blacks = set()
    for one, other in zip(before, after):
        expected = cut(one)
        if expected.shape != other.shape:
            faults.append(f"size {other.shape} for {expected.shape}")
            break
        same = expected == other
        wrong += int((~(same if same.ndim == 2 else same.all(axis=2)) & ~where).sum())
        if where.any():
            blacks |= {tuple(np.atleast_1d(value)) for value in np.unique(other[where].reshape(int(where.sum()), -1), axis=0)}
    if len(before) != len(after):
        faults.append("frames")
    if len(blacks) > 1:
        faults.append(f"black {sorted(blacks)[:4]}")
    position(source, made, case, left, top, right, bottom, faults)
    return {"name": case["name"], "faults": faults, "wrong": wrong, "black": [list(map(int, one)) for one in blacks][:1]}


def planes(dataset):
    """Position, direction and distances of each frame, at the top or in functional groups."""
    frames = dataset.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        if not all(keyword in dataset for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")):
            return
        yield dataset.ImagePositionPatient, dataset.ImageOrientationPatient, dataset.PixelSpacing
        return
    shared = dataset.SharedFunctionalGroupsSequence[0] if dataset.get("SharedFunctionalGroupsSequence") else {}

    def group(frame, sequence, keyword):
        for place in (frame, shared):
            if sequence in place and keyword in place[sequence][0]:
                return place[sequence][0][keyword].value
        return None

    for frame in frames:
        found = (
            group(frame, "PlanePositionSequence", "ImagePositionPatient"),
            group(frame, "PlaneOrientationSequence", "ImageOrientationPatient"),
            group(frame, "PixelMeasuresSequence", "PixelSpacing"),
        )
        if all(part is not None for part in found):
            yield found


def position(source, made, case, left, top, right, bottom, faults):
    """The first and the last pixel of the result lie in the patient where those of the source did."""
    grid = np.stack(np.mgrid[top:bottom, left:right], axis=-1)
    ends = turned(grid, case.get("rotation", 0), case.get("flipped", False))
    for one, other in zip(planes(source), planes(made), strict=True):
        for column, row in ((0, 0), (ends.shape[1] - 1, ends.shape[0] - 1)):
            before = at(one, *ends[row, column][::-1])
            if np.abs(before - at(other, column, row)).max() > 0.01:
                faults.append(f"place of {column} {row}")
                return


def at(plane, column, row):
    position, orientation, spacing = [np.array([float(value) for value in part]) for part in plane]
    return position + orientation[:3] * spacing[1] * column + orientation[3:] * spacing[0] * row


for case in json.load(open(sys.argv[1])):
    try:
        answer = judge_state(case) if case["kind"] == "state" else judge_baked(case)
    except Exception as error:  # what it cannot read is told, not hidden
        answer = {"name": case["name"], "silent": f"{type(error).__name__}: {error}"[:160], "faults": []}
    print(json.dumps(answer))
