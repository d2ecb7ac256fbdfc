//! Photos from people: decoded, turned, made smaller, written anew. What a phone hid in the file (place, device, time) stays behind.

use std::io::Cursor;
use std::sync::Arc;

use axum::body::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, RgbImage};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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

/// Who brings a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bringer {
    /// Nobody we know: a visitor, another system.
    Stranger,
    /// Somebody signed in. One place is kept free of strangers, so that evidence does not wait behind whatever they send.
    Signed,
}

/// Where photos are made ready: a few at a time, beside the threads that answer requests.
#[derive(Debug, Clone)]
pub struct Darkroom {
    places: Arc<Semaphore>,
    for_strangers: Arc<Semaphore>,
}

/// A place in the darkroom, free again when it is dropped.
#[derive(Debug)]
struct Place {
    _among: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
}

impl Default for Darkroom {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Darkroom {
    /// A darkroom for so many photos at a time; each may take up to about 500 MB for a moment in the worst case, 100 MB usually.
    /// Strangers are never in the last place; where there is only one, it is everybody's.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let strangers = places.saturating_sub(1).max(1);
        Self { places: Arc::new(Semaphore::new(places.max(1))), for_strangers: Arc::new(Semaphore::new(strangers)) }
    }

    /// Makes a photo ready to be kept.
    ///
    /// # Errors
    /// `web.photo_format` when it is no JPEG, PNG or WebP by content, `web.photo_too_large` above 24 megapixels, `web.photo_broken`
    /// when it cannot be decoded.
    pub async fn develop(&self, bytes: Bytes, by: Bringer) -> Result<Photo, AppError> {
        let place = self.enter(by).await?;
        tokio::task::spawn_blocking(move || {
            let photo = develop(&bytes);
            drop(place);
            photo
        })
        .await
        .map_err(AppError::internal)?
    }

    /// Waits for a place. Strangers queue among themselves first: who is signed in finds none of them before the door.
    async fn enter(&self, by: Bringer) -> Result<Place, AppError> {
        let among = match by {
            Bringer::Stranger => Some(Arc::clone(&self.for_strangers).acquire_owned().await.map_err(AppError::internal)?),
            Bringer::Signed => None,
        };
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(AppError::internal)?;
        Ok(Place { _among: among, _place: place })
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
    let mut picture = in_eight_bits(DynamicImage::from_decoder(decoder).map_err(refused)?);
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Eight bits for each colour, before anything is done with the pixels: what is kept has no more, and turning and resizing sixteen takes
/// many times as long and twice the memory.
fn in_eight_bits(picture: DynamicImage) -> DynamicImage {
    if picture.color().has_alpha() {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    }
}

fn refused(error: image::ImageError) -> AppError {
    let code = if matches!(error, image::ImageError::Limits(_)) { codes::PHOTO_TOO_LARGE } else { codes::PHOTO_BROKEN };
    AppError::new(code).caused_by(error)
}

fn shrink(picture: &DynamicImage, side: u32) -> DynamicImage {
    let longer = picture.width().max(picture.height());
    match longer {
        0..=u32::MAX if longer <= side => picture.clone(),
        // Far too large: a quick box pass first, else the fine one takes seconds. It is left with no more than twice the side.
        _ if longer > side.saturating_mul(2) => {
            let nearly = side.saturating_add(side / 2);
            picture.thumbnail(nearly, nearly).resize(side, side, FilterType::Triangle)
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

#[cfg(test)]
mod tests {
    use image::{ColorType, ImageBuffer, Luma, LumaA, Rgb, Rgba};

    use super::*;

    #[test]
    fn deep_pictures_are_eight_bits_deep_before_anything_is_done_with_them() {
        let deep: [(DynamicImage, ColorType); 4] = [
            (DynamicImage::ImageRgb16(ImageBuffer::from_pixel(9, 7, Rgb([u16::MAX, 0, 300]))), ColorType::Rgb8),
            (DynamicImage::ImageRgba16(ImageBuffer::from_pixel(9, 7, Rgba([1, 2, 3, u16::MAX]))), ColorType::Rgba8),
            (DynamicImage::ImageLuma16(ImageBuffer::from_pixel(9, 7, Luma([u16::MAX]))), ColorType::Rgb8),
            (DynamicImage::ImageLumaA16(ImageBuffer::from_pixel(9, 7, LumaA([u16::MAX, 0]))), ColorType::Rgba8),
        ];
        for (picture, kept) in deep {
            let mut png = Cursor::new(Vec::new());
            picture.write_to(&mut png, ImageFormat::Png).unwrap();
            assert_eq!(decode(png.get_ref()).unwrap().color(), kept, "{:?}", picture.color());
        }
    }

    #[tokio::test]
    async fn strangers_leave_a_place_to_who_is_signed_in() {
        let darkroom = Darkroom::new(2);
        let stranger = darkroom.enter(Bringer::Stranger).await.unwrap();
        let mut second = Box::pin(darkroom.enter(Bringer::Stranger));
        assert!(at_once(second.as_mut()).await.is_none(), "the other place is not for strangers");
        let signed = at_once(Box::pin(darkroom.enter(Bringer::Signed)).as_mut()).await;
        assert!(signed.is_some(), "and is free at once for who is signed in");
        drop(stranger);
        assert!(at_once(second.as_mut()).await.is_some(), "a stranger gets the place of a stranger");
        let only = Darkroom::new(1);
        drop(only.enter(Bringer::Stranger).await.unwrap());
        assert!(at_once(Box::pin(only.enter(Bringer::Signed)).as_mut()).await.is_some());
    }

    /// What a future has to say at once.
    async fn at_once<T>(mut future: std::pin::Pin<&mut impl Future<Output = Result<T, AppError>>>) -> Option<T> {
        let said = std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await;
        match said {
            std::task::Poll::Ready(answer) => Some(answer.unwrap()),
            std::task::Poll::Pending => None,
        }
    }
}
