//! Photos from people: decoded, turned, made smaller, written anew. What a phone hid in the file (place, device, time) stays behind.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbImage};
use tokio::sync::Semaphore;

use crate::error::{AppError, codes};

/// 24 megapixels: what phones take in their largest usual setting.
const MAX_PIXELS: u64 = 24_000_000;
/// No side longer than this, whatever the area.
const MAX_SIDE: u32 = 20_000;
/// Bytes the decoder may take: 24 megapixels at 8 bytes, and as much again for its own work.
const MAX_MEMORY: u64 = 400 * 1024 * 1024;
/// The longer side of what is kept, pixels.
const KEPT_SIDE: u32 = 2_048;
/// The longer side of the thumbnail, pixels.
const THUMB_SIDE: u32 = 480;
const QUALITY: u8 = 82;
const THUMB_QUALITY: u8 = 72;

/// A photo as it is kept: JPEG without any metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The photo, longer side at most 2,048 px.
    pub jpeg: Bytes,
    /// The thumbnail, longer side at most 480 px.
    pub thumb: Bytes,
    /// Width of the photo, pixels.
    pub width: u32,
    /// Height of the photo, pixels.
    pub height: u32,
}

/// Where photos are made ready: a few at a time, beside the threads that answer requests.
#[derive(Debug, Clone)]
pub struct Darkroom {
    places: Arc<Semaphore>,
}

impl Default for Darkroom {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Darkroom {
    /// A darkroom for so many photos at a time; each may take up to about 500 MB for a moment in the worst case, 100 MB usually.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places.max(1))) }
    }

    /// Makes a photo ready to be kept.
    ///
    /// # Errors
    /// `web.photo_format` when it is no JPEG, PNG or WebP by content, `web.photo_too_large` above 24 megapixels, `web.photo_broken`
    /// when it cannot be decoded.
    pub async fn develop(&self, bytes: Bytes) -> Result<Photo, AppError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(AppError::internal)?;
        tokio::task::spawn_blocking(move || {
            let photo = develop(&bytes);
            drop(place);
            photo
        })
        .await
        .map_err(AppError::internal)?
    }
}

/// What [`Darkroom::develop`] does, on this thread.
///
/// # Errors
/// As there.
pub fn develop(bytes: &[u8]) -> Result<Photo, AppError> {
    let turned = decode(bytes)?;
    let kept = opaque(shrink(&turned, KEPT_SIDE));
    let (width, height) = kept.dimensions();
    let jpeg = write(&kept, QUALITY)?;
    // A small photo is its own thumbnail.
    let thumb = if width.max(height) <= THUMB_SIDE {
        jpeg.clone()
    } else {
        write(&opaque(shrink(&DynamicImage::ImageRgb8(kept), THUMB_SIDE)), THUMB_QUALITY)?
    };
    Ok(Photo { jpeg, thumb, width, height })
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, AppError> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(AppError::internal)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(AppError::new(codes::PHOTO_FORMAT));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(AppError::new(codes::PHOTO_TOO_LARGE));
    }
    // A wrong orientation is no reason to refuse what shows the broken lamp.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn refused(error: image::ImageError) -> AppError {
    let code = if matches!(error, image::ImageError::Limits(_)) { codes::PHOTO_TOO_LARGE } else { codes::PHOTO_BROKEN };
    AppError::new(code).caused_by(error)
}

fn shrink(picture: &DynamicImage, side: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height());
    match longer {
        0..=u32::MAX if longer <= side => picture.clone(),
        // Far too large: a quick box pass first, else the fine one takes seconds.
        _ if longer > side.saturating_mul(3) => {
            picture.thumbnail(side.saturating_mul(2), side.saturating_mul(2)).resize(side, side, FilterType::Triangle)
        }
        _ => picture.resize(side, side, FilterType::Triangle),
    }
}

/// What is transparent becomes white, not black.
fn opaque(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut paper = RgbImage::from_pixel(picture.width(), picture.height(), image::Rgb([255, 255, 255]));
    for (under, over) in paper.pixels_mut().zip(picture.into_rgba8().pixels()) {
        let [r, g, b, alpha] = over.0;
        let mix = |c: u8| u8::try_from((u16::from(c) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255).unwrap_or(255);
        under.0 = [mix(r), mix(g), mix(b)];
    }
    paper
}

fn write(picture: &RgbImage, quality: u8) -> Result<Bytes, AppError> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality).encode_image(picture).map_err(AppError::internal)?;
    Ok(Bytes::from(out))
}
