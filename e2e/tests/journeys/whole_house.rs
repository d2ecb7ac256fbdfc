//! Every page of the house, in both modes, both languages, on a phone and at a desk: nothing that axe finds, no sideways
//! scrolling, targets that are hit, letters that are read.

use anyhow::ensure;
use linli_e2e::{Device, House, Rules, Window, audit};

use crate::pages::{self, Round};
use crate::treated;

/// Without signing in.
pub async fn for_everybody(house: &House) -> anyhow::Result<()> {
    look(house, pages::everybody(house).await?).await
}

/// At the doors.
pub async fn for_stewards(house: &House) -> anyhow::Result<()> {
    look(house, pages::stewards(house).await?).await
}

/// Desk, community, district.
pub async fn for_officers(house: &House) -> anyhow::Result<()> {
    look(house, pages::officers(house).await?).await
}

/// The administrator.
pub async fn for_administrators(house: &House) -> anyhow::Result<()> {
    look(house, pages::administrators(house).await?).await
}

/// Those who treat.
pub async fn for_treatment(house: &House) -> anyhow::Result<()> {
    look(house, treated::pages(house).await?).await
}

async fn look(house: &House, rounds: Vec<Round>) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for round in rounds {
        Window::with(house, Device::Desk, async |window| {
            if let Some(login) = round.login {
                window.sign_in(house, login).await?;
            }
            for (lang, elder) in [("zh-CN", false), ("zh-CN", true), ("en", false), ("en", true)] {
                window.go(&format!("/login?lang={lang}&elder={}", u8::from(elder))).await?;
                for stop in round.stops.iter().filter(|stop| !stop.once || (lang == "zh-CN" && !elder)) {
                    window.resize(Device::Phone).await?;
                    let here = format!("{} ({lang}, {})", stop.name, if elder { "elder" } else { "normal" });
                    if let Err(error) = stop.visit(window).await {
                        faults.push(format!("{here}: {error:#}"));
                        continue;
                    }
                    if !window.has(&format!("html[lang={lang}]")).await? || window.has("html.elder").await? != elder {
                        faults.push(format!("{here}: in another language or mode"));
                    }
                    for device in [Device::Phone, Device::Desk] {
                        window.resize(device).await?;
                        for fault in audit(window, Rules::of(elder)).await? {
                            faults.push(format!("{here} {device:?}: {fault}"));
                        }
                    }
                }
            }
            Ok(())
        })
        .await?;
    }
    ensure!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    Ok(())
}
