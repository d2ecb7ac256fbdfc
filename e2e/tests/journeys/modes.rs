//! Elder mode and language.

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

/// One tap each, remembered over pages and visits.
pub async fn are_remembered(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        let board = format!("/b/{}", house.board);
        phone.go(&board).await?;
        let before = phone.number("parseFloat(getComputedStyle(document.body).fontSize)").await?;
        phone.tap("a.switch[href*='elder=1']").await?;
        phone.until("document.documentElement.classList.contains('elder')").await?;
        let after = phone.number("parseFloat(getComputedStyle(document.body).fontSize)").await?;
        ensure!(after >= 18.0 && after > before, "letters grew from {before} to {after}");
        ensure!(phone.path().await?.starts_with(&board), "the switch led to {}", phone.path().await?);
        for path in ["/", board.as_str(), "/report", "/login"] {
            phone.go(path).await?;
            ensure!(phone.has("html.elder").await?, "elder mode was forgotten on {path}");
        }
        phone.go(&board).await?;
        phone.tap("a.switch[lang=en]").await?;
        phone.until("document.documentElement.lang === 'en'").await?;
        ensure!(phone.has("html.elder").await?, "the language switch forgot elder mode");
        for path in ["/", board.as_str(), "/report", "/login", "/nowhere"] {
            phone.go(path).await?;
            ensure!(phone.has("html.elder[lang=en]").await?, "the language was forgotten on {path}");
        }
        phone.go(&board).await?;
        phone.tap("a.switch[lang^=zh]").await?;
        phone.until("document.documentElement.lang === 'zh-CN'").await?;
        phone.tap("a.switch[href*='elder=0']").await?;
        phone.until("!document.documentElement.classList.contains('elder')").await?;
        phone.go("/").await?;
        ensure!(!phone.has("html.elder").await?, "elder mode came back");
        Ok(())
    })
    .await
}
