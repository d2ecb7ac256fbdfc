//! Pictures for the script: plates of colour with a few shapes and the mark 演示, so that nobody takes one for a photo of a
//! real place. A few kilobytes each.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use super::DemoError;
use super::dice::Dice;

/// What a picture stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shows {
    /// What was reported.
    Fault,
    /// The result.
    Result,
}

/// A picture of the script. Equal ones have equal bytes; there are a few hundred different ones, so that whoever stores them
/// may keep what has been stored by picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Photo {
    /// What it stands for.
    pub shows: Shows,
    /// The colour of its class, once round the circle.
    pub hue: u8,
    /// Which of the pictures of this colour.
    pub variant: u8,
}

/// Different pictures of one class and purpose.
pub const VARIANTS: u8 = 8;
/// Width and height in pixels.
const SIZE: (u32, u32) = (320, 240);
/// How often each dot of the mark is repeated.
const MARK_SCALE: u32 = 2;
/// The mark 演示, one row of 56 dots per number, the leftmost in the highest bit.
const MARK: [u64; 26] = [
    0x00030000000000,
    0x1801c000000100,
    0x1c01c000000380,
    0x0e21c300ffffc0,
    0x0d7fff80000000,
    0x01600380000000,
    0x01e01e00000000,
    0x62fffe00000000,
    0x3a01c000000060,
    0x3a01c4000000f0,
    0x3e61ce07fffff8,
    0x047ffe0001e000,
    0x0471ce0001e000,
    0x0c71ce0021e000,
    0x0c7ffe0079e300,
    0x0c71ce0079e180,
    0x1c71ce00f1e1e0,
    0x3871ce00e1e0e0,
    0x3871ce01c1e0f0,
    0x1c7ffe0181e078,
    0x1c70080301e078,
    0x1c0e380601e030,
    0x1c1f1f000fe000,
    0x1c3c078003c000,
    0x1cf00780038000,
    0x08000100000000,
];
/// Dots of a row of the mark.
const MARK_WIDTH: u32 = 56;

impl Photo {
    /// The picture as JPEG.
    ///
    /// # Errors
    /// Never in practice: the encoder writes to memory. The reason is passed on all the same.
    pub fn jpeg(self) -> Result<Vec<u8>, DemoError> {
        let mut out = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut out, 72).encode_image(&self.draw()).map_err(|e| DemoError::Picture(e.to_string()))?;
        Ok(out.into_inner())
    }

    fn draw(self) -> RgbImage {
        let stream = format!("photo/{:?}/{}/{}", self.shows, self.hue, self.variant);
        let dice = Dice::new(0, &stream);
        let wall = colour(self.hue, 205);
        let floor = colour(self.hue, 150);
        let horizon = pixels(dice.between(140, 185));
        let mut plate = RgbImage::from_fn(SIZE.0, SIZE.1, |_, y| if y < horizon { wall } else { floor });
        for _ in 0..dice.between(2, 4) {
            let (width, height) = (pixels(dice.between(24, 90)), pixels(dice.between(30, 110)));
            let left = pixels(dice.between(6, 220));
            let shade = colour(self.hue.wrapping_add(u8::try_from(dice.between(10, 60)).unwrap_or(0)), 120);
            fill(&mut plate, (left, horizon.saturating_sub(height)), (width, height), shade);
        }
        let centre = (dice.between(90, 230), dice.between(70, 150));
        match self.shows {
            Shows::Fault => ring(&mut plate, centre, Rgb([176, 40, 32])),
            Shows::Result => tick(&mut plate, centre, Rgb([24, 110, 62])),
        }
        mark(&mut plate);
        plate
    }
}

fn pixels(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

/// A muted colour: three shifted triangle waves over the circle of 256.
fn colour(hue: u8, light: u8) -> Rgb<u8> {
    let wave = |shift: u8| {
        let at = hue.wrapping_add(shift);
        let rise = if at < 128 { at } else { 255 - at };
        light.saturating_sub(rise / 3)
    };
    Rgb([wave(0), wave(85), wave(170)])
}

fn fill(plate: &mut RgbImage, from: (u32, u32), size: (u32, u32), colour: Rgb<u8>) {
    for y in from.1..(from.1 + size.1).min(SIZE.1) {
        for x in from.0..(from.0 + size.0).min(SIZE.0) {
            plate.put_pixel(x, y, colour);
        }
    }
}

fn paint(plate: &mut RgbImage, inside: impl Fn(i64, i64) -> bool, colour: Rgb<u8>) {
    for (x, y, pixel) in plate.enumerate_pixels_mut() {
        if inside(i64::from(x), i64::from(y)) {
            *pixel = colour;
        }
    }
}

/// A ring round what is broken.
fn ring(plate: &mut RgbImage, (cx, cy): (i64, i64), colour: Rgb<u8>) {
    paint(
        plate,
        |x, y| {
            let apart = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            (30 * 30..36 * 36).contains(&apart)
        },
        colour,
    );
}

/// A tick where it is mended.
fn tick(plate: &mut RgbImage, (cx, cy): (i64, i64), colour: Rgb<u8>) {
    paint(
        plate,
        |x, y| {
            let (dx, dy) = (x - cx, y - cy);
            let down = (-24..=0).contains(&dx) && (dy - dx - 8).abs() <= 6;
            let up = (0..=44).contains(&dx) && (dy + dx - 8).abs() <= 6;
            down || up
        },
        colour,
    );
}

/// 演示 in white on a dark band at the foot.
fn mark(plate: &mut RgbImage) {
    let rows = pixels(i64::try_from(MARK.len()).unwrap_or(0));
    let band = rows * MARK_SCALE + 8;
    let top = SIZE.1.saturating_sub(band);
    fill(plate, (0, top), (SIZE.0, band), Rgb([29, 35, 41]));
    for (y, row) in (0_u32..).zip(MARK) {
        for x in (0..MARK_WIDTH).filter(|x| row >> (MARK_WIDTH - 1 - x) & 1 == 1) {
            fill(plate, (104 + x * MARK_SCALE, top + 4 + y * MARK_SCALE), (MARK_SCALE, MARK_SCALE), Rgb([255, 255, 255]));
        }
    }
}
