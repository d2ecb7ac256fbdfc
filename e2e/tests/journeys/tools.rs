//! What several journeys need.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};
use image::{Rgb, RgbImage};
use linli_e2e::{Device, House, Line, Rules, Window, audit};

static COUNT: AtomicU32 = AtomicU32::new(1);

/// A number that no other call of this run got.
pub fn count() -> u32 {
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// A photo of no place: planes of colour as a phone would send them, 1600 × 1200.
pub fn photo(house: &House) -> anyhow::Result<PathBuf> {
    let path = house.folder().join(format!("photo-{}.jpg", count()));
    let shade = |value: u32| u8::try_from(value % 256).unwrap_or(0);
    RgbImage::from_fn(1600, 1200, |x, y| Rgb([shade(x / 7), shade(y / 5), shade((x + y) / 11)])).save(&path)?;
    Ok(path)
}

/// The row of a case in a list, as a selector, once the list has it. It holds through every live change of the list.
pub async fn row_of(window: &Window, number: &str) -> anyhow::Result<String> {
    let row = format!("li.row[data-number='{number}']");
    window.find(&row).await.with_context(|| format!("{number} is in no list"))?;
    Ok(row)
}

/// The steward takes a case and finishes it with a photo, in a window of their own.
pub async fn finish_as_steward(house: &House, case: &Line) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "guanjia").await?;
        phone.go(&format!("/cases/{}", case.id)).await?;
        phone.tap("form[action$='/take'] button").await?;
        phone.give_file("form[action$='/finish'] input[type=file]", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.see("main", "等报事人确认").await
    })
    .await
}

/// Judges the page the window shows, in both modes; the mode is as before afterwards.
pub async fn clean(window: &Window, name: &str) -> anyhow::Result<()> {
    let here = window.path().await?;
    for elder in [true, false] {
        window.go(&format!("/login?elder={}", u8::from(elder))).await?;
        window.go(&here).await?;
        let faults = audit(window, Rules::of(elder)).await?;
        ensure!(faults.is_empty(), "{name} (elder: {elder}): {}", faults.join("; "));
    }
    Ok(())
}
