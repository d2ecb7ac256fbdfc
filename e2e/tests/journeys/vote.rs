//! Owner votes: one that is refused with its reason, and a ballot of a home on a phone with its receipt.

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};

use crate::pages::{Stop, claim_code, first_link, stop};
use crate::tools::{clean, count};

/// The secretary drafts and posts a vote in one sitting, and is told with the day when it may be opened that today is too early.
pub async fn is_refused_with_its_reason(house: &House) -> anyhow::Result<()> {
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shuji").await?;
        desk.go("/votes/new").await?;
        clean(desk, "vote-new").await?;
        let estate = desk.js("document.querySelector('#f-place option:nth-of-type(2)').value").await?;
        desk.choose("#f-place", estate.as_str().context("an estate")?).await?;
        desk.write("#f-title", &format!("更换小区道闸({})", count())).await?;
        desk.write("#f-topic_1", "动用公共收益更换道闸").await?;
        desk.choose("#f-matter_1", "9").await?;
        desk.tap("main form button.btn-main").await?;
        desk.see("main", "拟稿").await?;
        desk.write("#f-signed", "业主委员会").await?;
        desk.tap("form[action$='/post'] button.btn-main").await?;
        desk.see("main", "公示中").await?;
        clean(desk, "vote-posted").await?;
        desk.js("document.querySelector('#f-closes_on').value = '2030-01-01'").await?;
        desk.tap("form[action$='/open'] button.btn-main").await?;
        desk.see("#errors", "公示还不够天数").await?;
        clean(desk, "vote-refused").await
    })
    .await
}

/// Somebody claims the home with the code from the paper, votes, and finds the receipt again as anybody could.
pub async fn is_cast_on_a_phone(house: &House) -> anyhow::Result<()> {
    let code = claim_code(house).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go("/claim").await?;
        phone.write("#f-code", &code).await?;
        phone.tap("main form button[type=submit]").await?;
        phone.arrive("/my-home").await?;
        phone.tap("a[href='/my-home/votes']").await?;
        phone.see("main", "充电车棚").await?;
        clean(phone, "votes-home").await?;
        phone.tap("main .rows li:first-child a").await?;
        clean(phone, "vote-home").await?;
        // Only now: whoever looks at it in the other mode loads the page anew.
        phone.tap("input[name='topic_1'][value='y']").await?;
        phone.tap("main form.panel button.btn-main").await?;
        phone.see("main", "已收到您的票").await?;
        clean(phone, "vote-cast").await?;
        let receipt = phone.text(".qr-block strong").await?;
        ensure!(receipt.len() == 19, "{receipt}");
        phone.tap("a[href^='/vote/']").await?;
        // Turnout, and nothing of what was said.
        phone.see("main", "不公开意见").await?;
        phone.write("#f-code", &receipt).await?;
        phone.tap("form[action$='/receipt'] button").await?;
        phone.see("main", "会计入结果").await?;
        clean(phone, "vote-receipt").await
    })
    .await
}

/// The pages of the votes of the demonstration, as the secretary sees them.
pub async fn pages(house: &House) -> anyhow::Result<Vec<Stop>> {
    let (open, closed) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shuji").await?;
        window.go("/votes").await?;
        let open = first_link(window, "#votes a.row-main").await?;
        let closed = first_link(window, "#votes li:last-child a.row-main").await?;
        Ok((open, closed))
    })
    .await?;
    Ok(vec![
        stop("votes", "/votes"),
        stop("vote-new", "/votes/new"),
        stop("vote-new-wrong", "/votes/new").then("main form button.btn-main", "#errors"),
        stop("vote-open", open.clone()),
        stop("vote-take", format!("{open}/ballots")),
        stop("vote-take-wrong", format!("{open}/ballots")).then("main form button.btn-main", "#errors"),
        stop("vote-papers", format!("{open}/papers")),
        stop("vote-closed", closed.clone()),
        stop("vote-list", format!("{closed}/list")),
        stop("vote-pack", format!("{closed}/pack")),
        stop("owners", "/owners"),
        stop("owners-wrong", "/owners").then("form[action='/owners/import'] button", "#errors"),
    ])
}

/// And as everybody sees them.
pub async fn public(house: &House) -> anyhow::Result<Vec<Stop>> {
    let (open, closed) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shuji").await?;
        window.go("/votes").await?;
        let open = first_link(window, "#votes a.row-main").await?;
        let closed = first_link(window, "#votes li:last-child a.row-main").await?;
        window.go(&open).await?;
        let open = first_link(window, "main a[href^='/vote/']").await?;
        window.go(&closed).await?;
        Ok((open, first_link(window, "main a[href^='/vote/']").await?))
    })
    .await?;
    Ok(vec![
        stop("vote-public", open.clone()),
        stop("vote-receipt-unknown", format!("{open}/receipt?code=ABCD")),
        stop("vote-result", closed),
    ])
}
