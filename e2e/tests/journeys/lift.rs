//! A lift carried from the first visit to the signed pack, on a phone.

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};

use crate::pages::{Stop, first_link, stop};
use crate::tools::clean;

/// The stairwell in which the fewest were asked; its address.
const QUIETEST: &str = "[...document.querySelectorAll('#lifts li.row')].filter((row) => row.textContent.includes('征集意愿'))\
    .map((row) => [Number(row.textContent.match(/同意 (\\d+) 户/)[1]), row.querySelector('a').getAttribute('href')])\
    .sort((one, other) => one[0] - other[0]).map((row) => row[1])[0] || ''";

/// Every home is asked, the plan is drawn, a scheme is made and chosen, everybody signs, the pack is there to be printed: by the secretary of the
/// community, at the doors, with one thumb.
pub async fn from_the_first_visit_to_the_signed_pack(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "shuji").await?;
        phone.go("/lifts").await?;
        let lift = phone.js(QUIETEST).await?.as_str().context("a stairwell")?.to_owned();
        ensure!(lift.starts_with("/lifts/"), "no stairwell is being asked");
        phone.go(&lift).await?;
        clean(phone, "lift").await?;
        let homes =
            phone.js("[...document.querySelectorAll('.lift-house a.lift-room')].map((a) => a.getAttribute('href'))").await?;
        let homes: Vec<String> =
            homes.as_array().context("homes")?.iter().filter_map(|home| home.as_str().map(str::to_owned)).collect();
        ensure!(homes.len() >= 8, "{} homes", homes.len());
        for (n, home) in homes.iter().enumerate() {
            phone.go(home).await?;
            if n == 0 {
                clean(phone, "lift-home").await?;
            }
            phone.tap("input[name='stance'][value='agree']").await?;
            phone.tap("input[name='way'][value='phone']").await?;
            phone.write("#f-said", "同意，早点装").await?;
            phone.tap("form[enctype] button.btn-main").await?;
            phone.arrive_at(&lift).await?;
        }
        phone.see("main", "已达标").await?;
        // The plan that is offered is taken; then a scheme with its shaft in front of the stairs.
        phone.go(&format!("{lift}/light")).await?;
        phone.tap("form[action$='/plan'] button[type=submit]").await?;
        phone.see("main", "每扇窗").await?;
        phone.go(&format!("{lift}/schemes/new")).await?;
        clean(phone, "lift-scheme").await?;
        phone.write("#f-name", "错层入户").await?;
        phone.write("#f-total", "500000").await?;
        phone.write("#f-subsidy", "100000").await?;
        phone.tap("main form button.btn-main").await?;
        phone.see("main", "每户付多少").await?;
        phone.tap("form[action$='/choose'] button").await?;
        phone.see("main", "已选定").await?;
        clean(phone, "lift-schemes").await?;
        phone.go(&format!("{lift}/light")).await?;
        phone.see("main", "协商用估算").await?;
        phone.see("main", "→").await?;
        clean(phone, "lift-light").await?;
        for home in &homes {
            phone.go(home).await?;
            phone.tap("form[action$='/sign'] input[value='electronic']").await?;
            phone.tap("form[action$='/sign'] button[type=submit]").await?;
            phone.arrive_at(&lift).await?;
        }
        phone.see("main", "协议签妥").await?;
        phone.tap("a[href$='/pack']").await?;
        phone.see("main", "加装电梯协议").await?;
        // 500,000 less 100,000, to the fen.
        phone.see("main table", "400000.00").await?;
        clean(phone, "lift-pack").await
    })
    .await
}

/// The pages of the furthest stairwell and of what is renovated, as the secretary sees them.
pub async fn pages(house: &House) -> anyhow::Result<Vec<Stop>> {
    let (lift, home, estate, item) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shuji").await?;
        window.go("/renovation").await?;
        let item = first_link(window, "main a.row-main[href^='/renovation/']").await?;
        window.go("/lifts").await?;
        let estate = first_link(window, "main a[href^='/lifts/estate/']").await?;
        let lift = first_link(window, "#lifts a.row-main").await?;
        window.go(&lift).await?;
        Ok((lift, first_link(window, ".lift-house a.lift-room").await?, estate, item))
    })
    .await?;
    Ok(vec![
        stop("lifts", "/lifts"),
        stop("lifts-wrong", "/lifts").then("main form button.btn-main", "#errors"),
        stop("lift", lift.clone()),
        stop("lift-money", format!("{lift}?view=money")),
        stop("lift-sun", format!("{lift}?view=sun")),
        stop("lift-home", home.clone()),
        stop("lift-home-wrong", home.clone()).then("form[enctype] button.btn-main", "#errors"),
        stop("lift-letter", format!("{home}/letter")),
        stop("lift-pack", format!("{lift}/pack")),
        stop("lift-talks", format!("{lift}/talks")),
        stop("lift-schemes", format!("{lift}/schemes")),
        stop("lift-scheme-new", format!("{lift}/schemes/new")),
        stop("lift-light", format!("{lift}/light")),
        stop("lift-steps", format!("{lift}/steps")),
        stop("lift-estate", estate),
        stop("renovation", "/renovation"),
        stop("renovation-item", item),
    ])
}
