//! A tour of all pages as pictures: `LINLI_PICTURES=folder` writes them, named `page.language.mode.width.png`. Without it the
//! journey only looks that a picture can be taken.

use std::path::PathBuf;

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

use crate::pages::{self, Round};

/// Pictures longer than this are cut.
const LONGEST: u32 = 4_000;

/// Takes them.
pub async fn are_taken(house: &House) -> anyhow::Result<()> {
    let Some(folder) = std::env::var_os("LINLI_PICTURES").filter(|folder| !folder.is_empty()).map(PathBuf::from) else {
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
    ];
    for round in rounds.concat() {
        tour(house, &round, &folder).await?;
    }
    Ok(())
}

async fn tour(house: &House, round: &Round, folder: &std::path::Path) -> anyhow::Result<()> {
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
