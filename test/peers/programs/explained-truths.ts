// Pictures that neither DCMTK nor pydicom shows as the viewer does, and why ours is kept. By name of the file in the corpus.
export const explainedTruths: Readonly<Record<string, string>> = {
  'bad/syntax/says-big-is-little.dcm': 'both others refuse the file',
  'bad/truncated/cine-in-fragment-header.dcm': 'both others refuse a file that is cut off',
  'bad/truncated/cine-in-fragment.dcm': 'both others refuse a file that is cut off',
  'bad/value/lowercase-vr.dcm': 'both others refuse the file',
  'dicom/color/SC_rgb_jpeg.dcm': 'both others refuse the file: elements without VR in a JPEG syntax',
  'dicom/modality/seg/liver_deflate.dcm': 'neither knows Deflated Image Frame Compression',
  'dicom/structure/emri_small_jpeg_2k_lossless_too_short.dcm': 'neither decodes a codestream that is cut off',
  'dicom/syntax/GDCMJ2K_TextGBR.dcm': 'neither decodes this JPEG 2000',
  'dicom/syntax/GH195.dcm': 'RGB in the header, JFIF in the stream: the stream is right (seen by eye)',
  'dicom/syntax/HTJ2KLossless_08_RGB.dcm': 'neither knows HTJ2K',
  'dicom/syntax/HTJ2K_08_RGB.dcm': 'neither knows HTJ2K',
  'dicom/syntax/JLSL_08_07_0_1F.dcm': 'neither decodes this JPEG-LS of 7 bits',
};
