import sharp, { type Sharp } from 'sharp';
import type { Grey } from './ocr-engine.ts';
import { type Picture, Unreadable } from './reading.ts';

/** More than any camera takes; as raw pixels of one byte 100 MB. */
const mostPixels = 100_000_000;
/** Finer pictures are recognised no better: a page of A4 at 300 dots to the inch has 8.7 million. */
const mostRecognized = 16_000_000;
/** Models look at no more than this. */
const longestSide = 2_048;

/** How large an image is as shown (EXIF orientation applied) and how many pages it has; of moving pictures the first frame counts. */
export type ImageInfo = { width: number; height: number; pages: number };

const open = (bytes: Uint8Array, page: number) =>
  sharp(bytes, { limitInputPixels: mostPixels, page, failOn: 'error' }).autoOrient();

/** What an image's header says. Throws `Unreadable` for what is none, or too large. */
export async function imageInfo(bytes: Uint8Array, page = 0): Promise<ImageInfo> {
  try {
    const { autoOrient, format, pages } = await open(bytes, page).metadata();
    return { ...autoOrient, pages: format === 'tiff' ? (pages ?? 1) : 1 };
  } catch (error) {
    throw unreadable(error);
  }
}

/** One page (from 0) of an image in grey on white, as shown; `scale` is how many pixels of the image one of these is wide. */
export async function greyPage(bytes: Uint8Array, page: number): Promise<Grey & { scale: number }> {
  return await sharpPage(bytes, page, async (picture, { width, height }) => {
    const share = Math.sqrt(mostRecognized / (width * height));
    if (share < 1) picture.resize({ width: Math.max(1, Math.round(width * share)) });
    const { data, info } = await picture
      .flatten({ background: '#fff' })
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, scale: width / info.width };
  });
}

/** The first page as a model is shown it: JPEG on white, at most 2,048 pixels long. */
export async function pictureOf(bytes: Uint8Array): Promise<Picture> {
  return await sharpPage(bytes, 0, async (picture) => {
    const { data, info } = await picture
      .flatten({ background: '#fff' })
      .resize({ width: longestSide, height: longestSide, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toBuffer({ resolveWithObject: true });
    return { bytes: data, mediaType: 'image/jpeg', width: info.width, height: info.height };
  });
}

/** Hands over one page (from 0) of an image as shown, with its size; faults of the image are `Unreadable`. */
export async function sharpPage<T>(
  bytes: Uint8Array,
  page: number,
  use: (picture: Sharp, info: ImageInfo) => Promise<T>,
): Promise<T> {
  const info = await imageInfo(bytes, page);
  try {
    return await use(open(bytes, page), info);
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): unknown {
  if (error instanceof Unreadable || !(error instanceof Error)) return error;
  if (/exceeds pixel limit/i.test(error.message))
    return new Unreadable(
      `This image has more than ${mostPixels / 1_000_000} million pixels; that is more than can be read.`,
      { cause: error },
    );
  return new Unreadable('This file is damaged and could not be opened as an image.', { cause: error });
}
