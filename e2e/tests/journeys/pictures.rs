//! A tour of all pages as pictures: `LINLI_PICTURES=folder` writes them, named `page.language.mode.width.png`. Without it the
//! journey only looks that a picture can be taken.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use image::ImageEncoder as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use linli_e2e::{Device, House, Window};

use crate::pages::{self, Round};

/// Pictures longer than this are cut.
const LONGEST: u32 = 4_000;

/// Takes them.
pub async fn are_taken(house: &House) -> anyhow::Result<()> {
    let Some(folder) = folder_of("LINLI_PICTURES") else {
        return Window::with(house, Device::Phone, async |phone| {
            phone.go(&format!("/b/{}", house.board)).await?;
            let picture = image::load_from_memory(&phone.picture(Device::Phone, LONGEST).await?)?;
            ensure!(
                picture.width() == 780 && picture.height() >= 1688,
                "a picture of {} × {}",
                picture.width(),
                picture.height()
            );
            Ok(())
        })
        .await;
    };
    std::fs::create_dir_all(&folder)?;
    let rounds = [
        pages::everybody(house).await?,
        pages::stewards(house).await?,
        pages::officers(house).await?,
        pages::administrators(house).await?,
        crate::treated::pages(house).await?,
    ];
    for round in rounds.concat() {
        tour(house, &round, &folder).await?;
    }
    Ok(())
}

async fn tour(house: &House, round: &Round, folder: &Path) -> anyhow::Result<()> {
    Window::with(house, Device::Desk, async |window| {
        if let Some(login) = round.login {
            window.sign_in(house, login).await?;
        }
        for (lang, elder) in [("zh-CN", false), ("zh-CN", true), ("en", false), ("en", true)] {
            window.go(&format!("/login?lang={lang}&elder={}", u8::from(elder))).await?;
            for stop in round.stops.iter().filter(|stop| !stop.once || (lang == "zh-CN" && !elder)) {
                stop.visit(window).await?;
                for device in [Device::Phone, Device::Desk] {
                    window.resize(device).await?;
                    let mode = if elder { "elder" } else { "normal" };
                    let name = format!("{}.{lang}.{mode}.{}.png", stop.name, device.size().0);
                    std::fs::write(folder.join(name), window.picture(device, LONGEST).await?)?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Who takes which picture for the README, and on what: name, device, login, page.
const FEW: [(&str, Device, Option<&str>, &str); 5] = [
    ("board", Device::Phone, None, "/b/{board}"),
    ("report", Device::Phone, None, "/report?at={board}"),
    ("my-day", Device::Phone, Some("guanjia"), "/my-day"),
    ("desk", Device::Desk, Some("zhiban"), "/desk?view=overdue"),
    ("district", Device::Desk, Some("quzhiban"), "/district"),
];
/// A picture of the README weighs less than this many bytes.
const HEAVIEST: usize = 150 * 1024;

/// The few pictures of the README: `LINLI_README_PICTURES=docs/pictures` writes them, on a demonstration nobody has worked on.
/// Without it one of them is taken and weighed.
pub async fn of_the_readme(house: &House) -> anyhow::Result<()> {
    let folder = folder_of("LINLI_README_PICTURES");
    let few = if folder.is_some() { FEW.as_slice() } else { &FEW[..1] };
    for (name, device, login, path) in few {
        let picture = Window::with(house, *device, async |window| {
            if let Some(login) = login {
                window.sign_in(house, login).await?;
            }
            window.go(&path.replace("{board}", &house.board)).await?;
            if *name == "desk" {
                window.tap("#list li.row a.row-main").await?;
                window.find("#file .timeline").await?;
                window.js("scrollTo(0, 0)").await?;
            }
            ensure!(window.text(".demo-strip").await?.contains("演示数据"), "{name} is not stamped");
            window.picture(*device, 0).await
        })
        .await?;
        let picture = small(&picture)?;
        ensure!(picture.len() < HEAVIEST, "{name} weighs {} bytes", picture.len());
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{name}.png")), picture)?;
        }
    }
    Ok(())
}

fn folder_of(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The same picture packed harder: thirty-two shades a colour are enough for a page, and flat planes pack well.
fn small(png: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut picture = image::load_from_memory(png).context("a picture")?.to_rgb8();
    for pixel in picture.pixels_mut() {
        for shade in &mut pixel.0 {
            // The five upper bits, spread over the whole range again, so that white stays white.
            *shade = (*shade & 0xf8) | (*shade >> 5);
        }
    }
    let mut packed = Vec::new();
    PngEncoder::new_with_quality(&mut packed, CompressionType::Best, FilterType::NoFilter).write_image(
        picture.as_raw(),
        picture.width(),
        picture.height(),
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(packed)
}
