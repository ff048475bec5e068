# Reads objects as somebody else does and says of each what it bears: pydicom, no code of ours. A line of JSON on
# standard input with paths, words and boxes is answered by a line on standard output: a list.
import hashlib
import json
import sys

import pydicom
from pydicom.tag import Tag

original = Tag(0x0400, 0x0561)


def texts(data_set):
    for element in data_set:
        if element.tag == original or element.VR in ("OB", "OW", "OF", "OD", "UN"):
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from texts(item)
        elif element.VR != "UI":
            values = element.value if isinstance(element.value, (list, pydicom.multival.MultiValue)) else [element.value]
            for value in values:
                yield element.keyword or str(element.tag), str(value)


def referenced(data_set, keyword):
    found = []
    for element in data_set.iterall():
        if element.keyword == keyword:
            found.append(str(element.value))
    return found


def one(asked_file, words):
    data_set = pydicom.dcmread(asked_file["file"], force=True)
    said = {}
    for keyword, text in texts(data_set):
        for word in words:
            if word.lower() in text.lower():
                said.setdefault(word, keyword)
    answer = {
        "uid": str(data_set.SOPInstanceUID),
        "sopClass": str(data_set.SOPClassUID),
        "study": str(data_set.StudyInstanceUID),
        "modality": str(data_set.get("Modality", "")),
        "identity": {
            keyword: str(data_set.get(keyword, ""))
            for keyword in ("PatientID", "PatientName", "PatientBirthDate", "AccessionNumber")
        },
        "said": said,
        "references": referenced(data_set, "ReferencedSOPInstanceUID"),
        "title": "",
        "pixelSha256": "",
        "notBlack": 0,
    }
    if "ConceptNameCodeSequence" in data_set:
        answer["title"] = str(data_set.ConceptNameCodeSequence[0].CodeValue)
    if "PixelData" in data_set:
        length = data_set.Rows * data_set.Columns * data_set.get("SamplesPerPixel", 1) * data_set.BitsAllocated // 8
        answer["pixelSha256"] = hashlib.sha256(data_set.PixelData[:length]).hexdigest()
        if asked_file["black"]:
            pixels = data_set.pixel_array
            for box in asked_file["black"]:
                part = pixels[box["top"] : box["bottom"], box["left"] : box["right"]]
                answer["notBlack"] += int((part != 0).sum())
                answer["notBlack"] += 0 if part.size else 1
    return answer


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps([one(each, asked["words"]) for each in asked["files"]]), flush=True)
