import { crc32, deflateSync } from "node:zlib";

/** A 64 × 64 gradient from night blue to orange as baseline JPEG, for covers. */
export function demoJpeg(): Uint8Array {
  return new Uint8Array(Buffer.from(jpegBase64, "base64"));
}

const jpegBase64 =
  "/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABTAAEBAQEBAQAAAAAAAAAAAAAEAQIGAwcBAQEBAQEAAAAAAAAAAAAAAAMBAAUEEAEAAAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA/8AAEQgAQABAAwESAAISAAMSAP/aAAwDAQACEQMRAD8A+SkvcEBkJUKFZKUKFZJUKFQlQsVCVEhWSWEhUJYSGckS7gnGKhLCQqEqFCskqFCoSoWKhKhQrJKhQqEqFiuSJd0LjFQlQoVCVChWSVCxUJUKFQlQoVklQoVCVCxXJEu6FxioSokKhLCQrJLCYqEsJCoSwkKj3USERtkZX//Z";

/** A PNG of vertical stripes in two colours. */
export function demoPng(pixels: number): Uint8Array {
  const row = Buffer.alloc(1 + pixels * 3);
  for (let x = 0; x < pixels; x++) row.set(x % 8 < 4 ? [200, 60, 40] : [30, 30, 60], 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header.set([8, 2], 8);
  const image = deflateSync(Buffer.concat(Array.from({ length: pixels }, () => row)));
  const chunks = [pngChunk("IHDR", header), pngChunk("IDAT", image), pngChunk("IEND", Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...chunks]));
}

function pngChunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([size, named, sum]);
}
