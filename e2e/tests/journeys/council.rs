//! The secretary of a community: from the call of a meeting to the notice on the board, in one sitting; and a neighbour who proposes something.

use std::time::Instant;

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

use crate::pages::{Stop, first_link, stop};
use crate::tools::count;

/// One sitting: what is to be said about a meeting in one minute is said in one minute.
const SITTING_SECS: u64 = 120;

/// From “call a meeting” to the notice at the door.
pub async fn from_the_call_to_the_notice(house: &House) -> anyhow::Result<()> {
    let matter = format!("电动车停哪里({})", count());
    let title = Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shuji").await?;
        desk.go("/meetings").await?;
        let begun = Instant::now();
        desk.tap("main a[href='/meetings/new']").await?;
        desk.arrive("/meetings/new").await?;
        desk.choose("#f-place", &first_value(desk, "#f-place option").await?).await?;
        desk.write("#f-venue", "社区会议室").await?;
        let title = desk.js("document.querySelector('#f-title').value").await?.as_str().unwrap_or_default().to_owned();
        desk.tap("main form .btn-main").await?;
        desk.see("#agenda", "议程").await?;
        // Without an agenda there is nothing to tell.
        desk.tap("#call .btn-main").await?;
        desk.see("#errors", "还没有议题").await?;
        desk.write("#fill #f-title", &matter).await?;
        desk.tap("#fill button[type=submit]").await?;
        desk.see("#f-agenda", &matter).await?;
        ensure!(desk.text("#call").await?.contains("发出通知"), "the notice waits for one tap");
        ensure!(
            desk.js("document.querySelector('#f-words_body').value").await?.as_str().is_some_and(|body| body.contains(&matter)),
            "the notice is written"
        );
        desk.tap("#call .btn-main").await?;
        desk.see("h1 + .badge", "已通知").await?;
        let took = begun.elapsed().as_secs();
        ensure!(took <= SITTING_SECS, "from the call to the notice it took {took} s");
        Ok(title)
    })
    .await?;
    // At the door everybody reads it, and comes to the meetings of the place with one tap.
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/b/{}", house.board)).await?;
        phone.see("#notices", &title).await?;
        phone.tap("a[href^='/council/at/']").await?;
        phone.arrive("/council/at/").await?;
        phone.see("main", &title).await
    })
    .await
}

/// The value of the first choice of a list.
async fn first_value(window: &Window, css: &str) -> anyhow::Result<String> {
    let value = window.js(&format!("document.querySelector({}).value", serde_json::Value::from(css))).await?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// A neighbour proposes something on a phone; the secretary lets it be shown; it is on the page of the board.
pub async fn a_neighbour_proposes(house: &House) -> anyhow::Result<()> {
    let words = format!("楼下装一把休息椅({})", count());
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/council/at/{}", house.board)).await?;
        phone.tap("#propose .btn-main").await?;
        phone.see("#errors", "请填写").await?;
        phone.write("#f-title", &words).await?;
        phone.write("#f-body", "老人没有地方歇脚").await?;
        phone.tap("#propose .btn-main").await?;
        phone.see(".note-well", "编号 T").await?;
        ensure!(!phone.text("main").await?.contains(&words), "somebody looks before it is shown");
        Ok(())
    })
    .await?;
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shuji").await?;
        desk.go("/meetings/proposals").await?;
        desk.see("#proposals", &words).await?;
        let find = format!(
            "[...document.querySelectorAll('#proposals a')].find((one) => one.textContent.includes({})).click()",
            serde_json::Value::from(words.as_str())
        );
        desk.js(&find).await?;
        desk.arrive("/meetings/proposals/").await?;
        desk.tap("button[name=do][value=show]").await?;
        desk.see("h1 + .badge", "征集附议").await
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&format!("/council/at/{}", house.board)).await?;
        phone.see("main", &words).await
    })
    .await
}

/// The pages of meetings and proposals that the secretary sees.
pub async fn pages(house: &House) -> anyhow::Result<Vec<Stop>> {
    let (coming, past, proposal) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shuji").await?;
        window.go("/meetings").await?;
        let coming = first_link(window, "#meetings a.row-main").await?;
        let past = first_link(window, "#meetings section:last-child a.row-main").await?;
        window.go("/meetings/proposals").await?;
        Ok((coming, past, first_link(window, "#proposals a.row-main").await?))
    })
    .await?;
    Ok(vec![
        stop("meetings", "/meetings"),
        stop("meeting-new", "/meetings/new"),
        stop("meeting-new-wrong", "/meetings/new").then("main form .btn-main", "#errors"),
        stop("meeting-coming", coming.clone()),
        stop("meeting-wrong", coming).then("#fill button[type=submit]", "#errors"),
        stop("meeting-past", past),
        stop("meeting-months", "/meetings/months"),
        stop("meeting-calendar", "/meetings/calendar"),
        stop("proposals", "/meetings/proposals"),
        stop("proposals-wrong", "/meetings/proposals").then("main form .btn-main", "#errors"),
        stop("proposal", proposal.clone()),
        stop("proposal-wrong", proposal).then("form[action$='/comment'] button[type=submit]", "#errors"),
    ])
}

/// Those that everybody sees.
pub async fn public(house: &House) -> anyhow::Result<Vec<Stop>> {
    let board = format!("/council/at/{}", house.board);
    let (meeting, proposal) = Window::with(house, Device::Desk, async |window| {
        window.go(&board).await?;
        Ok((
            first_link(window, "main a[href^='/council/1/']").await?,
            first_link(window, "main a.row-main[href^='/council/at/']").await?,
        ))
    })
    .await?;
    Ok(vec![
        stop("council-board", board.clone()),
        stop("council-board-wrong", board).then("#propose .btn-main", "#errors"),
        stop("council-meeting", meeting),
        stop("council-proposal", proposal.clone()),
        stop("council-proposal-wrong", proposal).then("form[action$='/comment'] button[type=submit]", "#errors"),
    ])
}
