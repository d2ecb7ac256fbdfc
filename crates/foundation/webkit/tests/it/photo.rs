//! Photos: what is kept, what is dropped, what is refused.

use axum::body::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use linli_webkit::codes;
use linli_webkit::photo::{Bringer, Darkroom, develop};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Left half red, right half blue.
fn two_halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) }).into()
}

/// An EXIF block (TIFF, big endian) with an orientation and a GPS directory that says north 32°.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = vec![b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 2];
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend([0, 1, 0x00, 0x01, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(*b"GPS-32.0603-118.7969");
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    segment.extend(*b"Exif\0\0");
    segment.extend(tiff);
    segment
}

fn jpeg_with_exif(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
    let jpeg = encoded(picture, ImageFormat::Jpeg);
    [&jpeg[..2], &exif(orientation), &jpeg[2..]].concat()
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle)
}

#[tokio::test]
async fn the_place_hidden_in_a_photo_is_dropped_and_the_photo_stands_upright() {
    let sent = jpeg_with_exif(&two_halves(400, 200), 6);
    assert!(has(&sent, b"GPS-32.0603") && has(&sent, b"Exif"));
    let photo = Darkroom::default().develop(Bytes::from(sent), Bringer::Stranger).await.unwrap();
    for kept in [&photo.jpeg, &photo.thumb] {
        assert!(!has(kept, b"GPS-32.0603") && !has(kept, b"Exif"));
    }
    assert_eq!((photo.width, photo.height), (200, 400), "orientation 6 is a quarter turn");
    let upright = image::load_from_memory(&photo.jpeg).unwrap().into_rgb8();
    assert!(upright.get_pixel(100, 20)[0] > 150 && upright.get_pixel(100, 380)[2] > 150, "what was left is now on top");
}

#[test]
fn large_photos_become_small_and_small_ones_stay() {
    let large = develop(&encoded(&two_halves(5_000, 2_500), ImageFormat::Jpeg)).unwrap();
    assert_eq!((large.width, large.height), (2_048, 1_024));
    let thumb = image::load_from_memory(&large.thumb).unwrap();
    assert_eq!((thumb.width(), thumb.height()), (480, 240));
    let small = develop(&encoded(&two_halves(60, 40), ImageFormat::WebP)).unwrap();
    assert_eq!((small.width, small.height), (60, 40));
    assert_eq!(&small.jpeg[..3], [0xFF, 0xD8, 0xFF], "all that is kept is JPEG");
}

#[test]
fn what_is_transparent_becomes_white() {
    let glass = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0])).into();
    let kept = image::load_from_memory(&develop(&encoded(&glass, ImageFormat::Png)).unwrap().jpeg).unwrap().into_rgb8();
    assert!(kept.get_pixel(10, 10).0.iter().all(|c| *c > 250));
}

/// A PNG whose header lies about its size; the checksum of the header is right.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(13_u32.to_be_bytes());
    png.extend(&header);
    png.extend(crc.sum().to_be_bytes());
    png.extend(*b"\0\0\0\x04IDAT\x78\x9c\x03\0");
    png
}

#[test]
fn headers_that_lie_are_refused_before_memory_is_taken() {
    for (width, height) in [(60_000, 60_000), (6_000, 6_000), (60_000, 1)] {
        assert_eq!(develop(&png_that_claims(width, height)).unwrap_err().code(), codes::PHOTO_TOO_LARGE, "{width}x{height}");
    }
}

#[test]
fn what_is_no_photo_is_refused_with_a_reason() {
    let jpeg = encoded(&two_halves(200, 200), ImageFormat::Jpeg);
    for (bytes, code) in [
        (b"<svg onload=alert(1)>".to_vec(), codes::PHOTO_FORMAT),
        (b"GIF89a\x01\0\x01\0".to_vec(), codes::PHOTO_FORMAT),
        (Vec::new(), codes::PHOTO_FORMAT),
        (jpeg[..20].to_vec(), codes::PHOTO_BROKEN),
        (png_that_claims(100, 100), codes::PHOTO_BROKEN),
    ] {
        assert_eq!(develop(&bytes).unwrap_err().code(), code, "{:?}", &bytes[..bytes.len().min(12)]);
    }
}
