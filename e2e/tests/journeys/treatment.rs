//! The treatment network: a family doctor sends somebody, the bed manager takes them in, the coordinator decides by the plan, 120 brings
//! somebody to the door, the health office keeps the register and the returns come in.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};

use crate::tools::{clean, count};

/// Somebody who does not exist, with a name that no other journey has.
fn somebody(family: &str) -> String {
    format!("{family}{}", count())
}

/// The doctor writes a referral on a phone; gives the page on which it is followed.
async fn sends(house: &House, name: &str, bed: &str, severity: &str) -> anyhow::Result<String> {
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "yisheng").await?;
        phone.go("/referrals").await?;
        phone.tap("main a[href='/referrals/new']").await?;
        phone.find("#f-name").await?;
        let (begun, before) = (Instant::now(), phone.taps());
        phone.write("#f-name", name).await?;
        phone.js("document.getElementById('f-born').value = '1941-03-09'").await?;
        phone.write("#f-phone", "025-0000-0177").await?;
        phone.write("#f-condition", "发热四天，活动后气促").await?;
        phone.write("#f-spo2", "90").await?;
        phone.choose("select#f-bed_type", bed).await?;
        phone.tap("button[name=step][value=look]").await?;
        phone.see("main [role=status]", "建议").await?;
        ensure!(
            phone.js("document.getElementById('f-name').value").await? == *name,
            "what was typed is gone after the suggestion"
        );
        phone.tap(&format!("label:has(input[name=severity][value={severity}])")).await?;
        phone.tap("label:has(input[name=consent][value=family])").await?;
        phone.tap("main form .btn-main[type=submit]").await?;
        phone.until("/^\\/referrals\\/[0-9a-f-]{36}$/.test(location.pathname)").await?;
        let (taps, took) = (phone.taps() - before, begun.elapsed());
        ensure!(taps <= 6, "a referral takes {taps} taps");
        ensure!(took.as_secs() < 60, "a referral takes {} s", took.as_secs());
        clean(phone, "a referral that is followed").await?;
        phone.path().await
    })
    .await
}

/// Asked on a phone in under a minute; a bed held in two taps; under way, there, home: each side on its own screen.
pub async fn from_the_doctor_to_the_bed(house: &House) -> anyhow::Result<()> {
    let name = somebody("康秀英");
    let track = sends(house, &name, "ward", "severe").await?;
    let id = track.trim_start_matches("/referrals/").to_owned();
    let answer = format!("form[action^='/inbound/{id}/']");
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "chuangwei").await?;
        phone.go("/inbound").await?;
        phone.see("#inbound", &name).await?;
        clean(phone, "what comes in").await?;
        let before = phone.taps();
        phone.tap(&format!("{answer}:has([name=do][value=accept]) button")).await?;
        phone.find(&format!("{answer}:has([name=do][value=arrive]) button")).await?;
        ensure!(phone.taps() - before <= 2, "a bed is held in {} taps", phone.taps() - before);
        stood(phone).await
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "yisheng").await?;
        phone.go(&track).await?;
        phone.see("#track", "已接收，床位已留").await?;
        phone.tap("form[action$='/go-on']:has([value=depart]) button").await?;
        phone.see("#track", "途中").await
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "chuangwei").await?;
        phone.go("/inbound").await?;
        phone.tap(&format!("{answer}:has([name=do][value=arrive]) button")).await?;
        phone.find(&format!("details:has({answer} [name=do][value=complete]) summary")).await?;
        phone.tap(&format!("details:has({answer} [name=do][value=complete]) summary")).await?;
        phone.choose(&format!("{answer}:has([name=do][value=complete]) select[name=outcome]"), "home").await?;
        phone.tap(&format!("{answer}:has([name=do][value=complete]) button")).await?;
        phone.until(&format!("!document.getElementById('inbound').innerText.includes('{name}')")).await
    })
    .await?;
    // No role of the community opens it, and the doctor sees how it ended.
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "yisheng").await?;
        desk.go(&track).await?;
        desk.see("#track", "已完成").await?;
        desk.sign_in(house, "shequ").await?;
        desk.go(&track).await?;
        ensure!(!desk.text("body").await?.contains(&name), "the community opens a referral");
        Ok(())
    })
    .await
}

/// The bed manager looks up how the beds stood an hour ago, on the phone: the instant is chosen in a form, and said in words.
async fn stood(phone: &Window) -> anyhow::Result<()> {
    phone.go("/beds").await?;
    phone.tap("main a[href$='?at=']").await?;
    phone.find("#f-at").await?;
    clean(phone, "the beds at an instant").await?;
    let before = "(() => { const at = document.getElementById('f-at'); const then = new Date(Date.parse(at.value + ':00Z') - 3600000); \
                  at.value = then.toISOString().slice(0, 16); return at.value })()";
    let chosen = phone.js(before).await?;
    let chosen = chosen.as_str().context("no instant is chosen")?.to_owned();
    phone.tap("main form[method=get] .btn-main[type=submit]").await?;
    phone.until(&format!("location.search.includes('{}')", chosen.get(..10).unwrap_or_default())).await?;
    ensure!(phone.js("document.getElementById('f-at').value").await? == *chosen, "the form has forgotten the instant");
    let time = chosen.get(11..).unwrap_or_default();
    phone.see("main .lead", time).await?;
    ensure!(
        phone.js("document.querySelector(\"main form[action$='/entries']\") === null").await? == true,
        "the past can be typed into"
    );
    phone.tap("main a.lone").await?;
    phone.until("location.search === ''").await
}

/// The coordinator reads why, and takes the suggestion in one tap; it is in the history with the reason.
pub async fn a_plan_is_followed(house: &House) -> anyhow::Result<()> {
    let name = somebody("闵德昌");
    let track = sends(house, &name, "ward", "ordinary").await?;
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "xietiao").await?;
        desk.go("/grid").await?;
        clean(desk, "the board of the grid").await?;
        desk.go("/grid").await?;
        let id = track.trim_start_matches("/referrals/").to_owned();
        let row = format!("form[action='/grid/decide']:has([name=whom][value*='{id}']):has([name=do][value=accept]) button");
        let before = desk.taps();
        desk.tap(&row).await?;
        desk.until(&format!("document.querySelector(\"form[action='/grid/decide']:has([name=whom][value*='{id}'])\") === null"))
            .await?;
        ensure!(desk.taps() - before == 1, "a suggestion is taken in {} taps", desk.taps() - before);
        ensure!(!desk.text("main").await?.contains(&name), "the board of the grid names a patient");
        desk.go("/grid/history").await?;
        clean(desk, "what was decided").await
    })
    .await
}

/// 120: urgent by what is asked, a vehicle at once, the department sees who comes, and takes them over.
pub async fn a_call_reaches_the_department(house: &House) -> anyhow::Result<()> {
    let (sign, at) = (format!("急救{}", count()), format!("试验小区{}栋门口", count()));
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "diaodu").await?;
        desk.go("/emergency/fleet").await?;
        desk.write("#f-callsign", &sign).await?;
        desk.tap("label:has(input[name=fleet]):first-of-type").await?;
        desk.tap("form[action='/emergency/fleet'] .btn-main").await?;
        desk.see("#fleet", &sign).await?;
        clean(desk, "the vehicles").await?;
        desk.go("/emergency").await?;
        let begun = Instant::now();
        desk.write("#f-number", "025-0000-0120").await?;
        desk.write("#f-place_text", &at).await?;
        desk.tap("#f-sign label:has(svg)").await?;
        desk.see("#same", "建议：紧急要车").await?;
        desk.tap("label:has(input[name=class][value=vehicle_urgent])").await?;
        desk.tap("form[action='/emergency'] .btn-main").await?;
        desk.see("#call", &at).await?;
        let vehicle = format!(
            "[...document.querySelectorAll('#f-vehicle option')].find((o) => o.textContent.includes('{sign}'))?.value ?? null"
        );
        let vehicle = desk.js(&vehicle).await?.as_str().context("the vehicle is offered")?.to_owned();
        desk.choose("#f-vehicle", &vehicle).await?;
        desk.tap("form[action$='/assign'] button").await?;
        // A word like 派出 is on the page before; the next step is offered only once a vehicle is under way.
        let step = |event: &str| format!("form[action$='/mission']:has([name=event][value={event}]) button");
        desk.find(&step("arrive")).await?;
        ensure!(begun.elapsed().as_secs() < 60, "from the call to the vehicle took {} s", begun.elapsed().as_secs());
        clean(desk, "a call").await?;
        desk.tap(&step("arrive")).await?;
        desk.see("#call", "到达现场").await?;
        desk.tap(&step("leave")).await?;
        desk.see("#call", "开始送医").await?;
        let lead = "[...document.querySelectorAll('#f-to option')].find((o) => o.textContent.includes('紫麓'))?.value ?? null";
        let lead = desk.js(lead).await?.as_str().context("the department of the lead is offered")?.to_owned();
        desk.choose("#f-to", &lead).await?;
        desk.tap("form[action$='/announce'] button").await?;
        desk.see("#call", "送往紫麓").await
    })
    .await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "chuangwei").await?;
        phone.go("/handovers").await?;
        phone.see("#coming", &sign).await?;
        clean(phone, "who comes by ambulance").await?;
        let row = format!("#coming li[data-callsign='{sign}']");
        phone.tap(&format!("{row} form:has([name=do][value=arrived]) button")).await?;
        phone.tap(&format!("{row} form:has([name=do][value=taken]) button")).await?;
        phone.until(&format!("!document.querySelector(\"{row}\")")).await
    })
    .await
}

/// The register is kept by the health office; a day's return is told on a phone in under a minute.
pub async fn a_register_and_a_return(house: &House) -> anyhow::Result<()> {
    let institution = Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "weijian").await?;
        desk.go("/network/grids").await?;
        desk.see("main", "东片救治网格").await?;
        clean(desk, "the grids").await?;
        let link =
            desk.find("main section a.row-main[href^='/network/']").await?.attr("href").await?.context("an institution")?;
        desk.go(&format!("{link}/upkeep?do=closed_day")).await?;
        clean(desk, "a day off").await?;
        desk.go("/city").await?;
        clean(desk, "the city").await?;
        Ok(link)
    })
    .await?;
    ensure!(institution.starts_with("/network/"), "{institution}");
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "chuangwei").await?;
        phone.go("/network/returns").await?;
        clean(phone, "what must be told").await?;
        let begun = Instant::now();
        phone.tap("main a[href*='/fever_clinic/']").await?;
        for (field, value) in [("visits", "70"), ("rooms_open", "6"), ("transfers", "3")] {
            let field = phone.find(&format!("#f-{field}")).await?;
            field.clear().await?;
            field.send_keys(value).await?;
        }
        if phone.has("#f-because").await? {
            phone.write("#f-because", "复核后更正").await?;
        }
        phone.tap("main form .btn-main").await?;
        phone.arrive("/network/returns").await?;
        ensure!(begun.elapsed().as_secs() < 60, "a return takes {} s", begun.elapsed().as_secs());
        Ok(())
    })
    .await
}
