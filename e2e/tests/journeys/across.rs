//! Across houses and offices: an organisation on its private link, and the city's hotline.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};
use serde_json::{Value, json};

use crate::pages::ground;
use crate::tools::{clean, count, photo, row_of};

/// The link of an organisation, made by the secretary: its path, and the id of the organisation.
async fn unit_link(house: &House) -> anyhow::Result<(String, String)> {
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shuji").await?;
        desk.tap_nav("/units").await?;
        desk.arrive("/units").await?;
        let named =
            "[...document.querySelectorAll('#f-unit option')].find((o) => o.textContent.includes('演示照明维保队'))?.value";
        let unit = desk.js(named).await?.as_str().context("the organisation is not offered")?.to_owned();
        desk.choose("#f-unit", &unit).await?;
        desk.tap("form[action='/units'] button[type=submit]").await?;
        let link = desk.text("[role=status] code").await?;
        Ok((link.find("/u/").and_then(|at| link.get(at..)).context("a link")?.to_owned(), unit))
    })
    .await
}

/// A contractor without an account: takes what it was given, says how far it is, asks for time, is done with a photo. On a phone.
pub async fn a_unit_works_on_its_link(house: &House) -> anyhow::Result<()> {
    let words = format!("二楼到三楼的楼道灯不亮({})", count());
    let case = house.report(&house.board, &words).await?;
    let (link, unit) = unit_link(house).await?;
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "zhiban").await?;
        desk.go(&format!("/desk?case={}", case.id)).await?;
        desk.tap("#file details:has(form[action$='/entrust']) summary").await?;
        desk.choose("form[action$='/entrust'] select", &unit).await?;
        desk.tap("form[action$='/entrust'] button").await?;
        desk.see(".timeline", "演示照明维保队").await
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&link).await?;
        phone.see("main", &case.number).await?;
        clean(phone, "the list of an organisation").await?;
        let (before, begun) = (phone.taps(), Instant::now());
        phone.tap(&format!("a.row-main[href$='/cases/{}']", case.id)).await?;
        phone.see("main", &words).await?;
        phone.tap("form[action$='/take'] button").await?;
        phone.see("main", "正在处理").await?;
        clean(phone, "the case of an organisation").await?;
        phone.tap("details:has(form[action$='/ask-time']) summary").await?;
        phone.write("form[action$='/ask-time'] textarea", "灯具明天到货").await?;
        phone.tap("form[action$='/ask-time'] button").await?;
        phone.see("[role=status]", "已申请延期").await?;
        // Done without a photo and without a reason: said at the field, and nothing is lost.
        phone.write("#f-done", "换了两只灯").await?;
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.see("#errors", "").await?;
        phone.give_file("form[action$='/finish'] input[type=file]", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        if phone.js("document.querySelector('#f-done').value").await? == "" {
            phone.write("#f-done", "换了两只灯").await?;
        }
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.see(".timeline", "换了两只灯").await?;
        let taps = phone.taps() - before;
        ensure!(taps <= 6, "taking, asking for time and finishing took {taps} taps");
        ensure!(begun.elapsed().as_secs() < 120, "it took {} s", begun.elapsed().as_secs());
        phone.go(&link).await?;
        phone.see("main", "已办完，等待确认").await?;
        // Nothing of who reported it, and no other case opens by this link.
        let (status, _) = house.get(&format!("{link}/cases/00000000-0000-7000-8000-000000000000")).await?;
        ensure!(status == 404, "another case was answered with {status}");
        Ok(())
    })
    .await?;
    // Who made the link does not say for the reporter that it is done; the reporter does.
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shuji").await?;
        desk.go(&format!("/cases/{}", case.id)).await?;
        desk.see("main", "等报事人确认").await?;
        ensure!(!desk.has("form[action$='/confirm']").await?, "the maker of the link may confirm what was done by it");
        Ok(())
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&case.link).await?;
        phone.see("main", "演示照明维保队").await?;
        phone.tap("form[action$='/confirm'] button").await?;
        phone.see("[role=status]", "已办结").await
    })
    .await
}

/// A ticket of the city's hotline comes in by its interface; the desk accepts, contacts, handles, answers; the city fetches each step once.
pub async fn a_ticket_is_received_and_answered(house: &House) -> anyhow::Result<()> {
    let estate = ground(house).await?.home.split('/').next().context("an estate")?.to_owned();
    let key = house.hotline_key(&format!("市热线 {}", count()))?;
    let number = format!("GD-J{}", count());
    let ticket = json!({
        "ticket_no": number, "title": "整栋停水", "content": "从早上开始没有水", "category": "停水", "place": estate,
        "received_at": "2026-01-01T08:00:00+08:00",
    });
    let (status, received) = house.hotline(&key, "tickets", Some(ticket.clone())).await?;
    ensure!(status == 201, "the ticket was answered with {status}: {received}");
    ensure!(house.hotline(&key, "tickets", Some(ticket.clone())).await?.0 == 200, "the same again is another case");
    let case = received.get("number").and_then(Value::as_str).context("a number")?.to_owned();
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "zhiban").await?;
        desk.go(&format!("/desk?view=all&q={case}")).await?;
        let row = row_of(desk, &case).await?;
        let (before, begun) = (desk.taps(), Instant::now());
        desk.tap(&format!("{row} a.row-main")).await?;
        desk.see("#file", &number).await?;
        let way = |event: &str| format!("#file details:has(input[name=event][value={event}])");
        desk.tap(&format!("{} summary", way("file"))).await?;
        desk.tap(&format!("{} button", way("file"))).await?;
        desk.see("#file .badge", "已立案").await?;
        desk.tap("#file details:has(form[action$='/contacted']) summary").await?;
        desk.write("form[action$='/contacted'] textarea", "说明了抢修安排").await?;
        desk.tap("form[action$='/contacted'] button").await?;
        desk.see(".timeline", "说明了抢修安排").await?;
        desk.tap("#file details:has(form[action$='/dispatch']) summary").await?;
        desk.tap("form[action$='/dispatch'] button").await?;
        desk.see("#file .badge", "已派出").await?;
        desk.tap("#file form[action$='/take'] button").await?;
        desk.see("#file .badge", "正在处理").await?;
        desk.write("#f-done", "水管已修好，全楼来水").await?;
        desk.write("#f-no_photo_because", "水管在墙内").await?;
        desk.tap("form[action$='/answer'] button[type=submit]").await?;
        desk.see(".timeline", "水管已修好").await?;
        let taps = desk.taps() - before;
        ensure!(taps <= 9, "accepting, contacting, sending and answering took {taps} clicks");
        ensure!(begun.elapsed().as_secs() < 120, "it took {} s", begun.elapsed().as_secs());
        clean(desk, "the case of a ticket").await
    })
    .await?;
    let told = async || -> anyhow::Result<Vec<String>> {
        let (status, outbox) = house.hotline(&key, "outbox?limit=1000", None).await?;
        ensure!(status == 200, "the outbox answered {status}");
        let steps = outbox.get("steps").and_then(Value::as_array).context("steps")?;
        let of_it = steps.iter().filter(|step| step.get("ticket_no").and_then(Value::as_str) == Some(number.as_str()));
        Ok(of_it.filter_map(|step| Some(step.get("step")?.as_str()?.to_owned())).collect())
    };
    ensure!(told().await? == ["accepted", "contacted", "answered"], "the city was told {:?}", told().await?);
    // The caller is not satisfied: it comes back, and stands at the desk as work again.
    let mut back = ticket;
    if let Some(back) = back.as_object_mut() {
        back.insert("rework".to_owned(), json!("居民反映水压仍不够"));
    }
    ensure!(house.hotline(&key, "tickets", Some(back)).await?.0 == 200, "it was not taken back");
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "zhiban").await?;
        desk.go(&format!("/desk?view=all&q={case}")).await?;
        let row = row_of(desk, &case).await?;
        desk.tap(&format!("{row} a.row-main")).await?;
        desk.see("#file .badge", "返工").await?;
        desk.see(".timeline", "居民反映水压仍不够").await
    })
    .await
}
