//! From the paper of an old neighbour to the referral: those who register, who go, who are looked after and who treat, each at their own screen.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use linli_e2e::{Device, House, Setup, Window, Wire};

use crate::pages::ground;
use crate::tools::{clean, count, photo};

/// Where somebody may live whom nobody watches yet, the likeliest first.
const ENTRANCES: [&str; 4] = ["4", "3", "2", "1"];
const ROOMS: [&str; 6] = ["402", "401", "302", "301", "202", "201"];
/// An alarm comes with the next pass of the watch, which is every second.
const ALARM: Duration = Duration::from_secs(60);

/// Somebody who agreed on paper.
struct Neighbour {
    name: String,
    /// The page that the community keeps.
    page: String,
    /// The person's own page.
    link: String,
}

/// Consent on paper → silence → the door stays shut, without a line → unwell → 92 → red → referral. Each side sees its own part and no other.
pub async fn from_the_paper_to_the_referral(house: &House) -> anyhow::Result<()> {
    let neighbour = registered(house).await?;
    let visit = alarmed(house, &neighbour).await?;
    visited_without_a_line(house, &neighbour, &visit).await?;
    followed(house, &neighbour).await?;
    seen_by_herself(house, &neighbour).await
}

/// The community worker registers her, the administrator maps the gateway that hears her, and then what was signed on paper this morning is entered: last
/// seen eleven hours ago, and nothing moves indoors for ten. Whoever is heard by nothing would not be watched.
async fn registered(house: &House) -> anyhow::Result<Neighbour> {
    let neighbour = entered(house).await?;
    let number = neighbour.page.rsplit('/').next().context("a number")?;
    heard(house, number).await?;
    agreed(house, &neighbour).await?;
    Ok(neighbour)
}

/// A gateway of the administrator hears her, and was heard.
async fn heard(house: &House, number: &str) -> anyhow::Result<()> {
    let place = ground(house).await?.home.trim_end_matches("/101").to_owned();
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "admin").await?;
        desk.go("/admin/devices").await?;
        desk.js("document.getElementById('f-kind').value = 'gateway'").await?;
        desk.write("#f-name", &format!("旅程网关{}", count())).await?;
        desk.write("#f-place", &place).await?;
        desk.write("#f-owner", "物业服务中心").await?;
        desk.tap("main form[action='/admin/devices'] button[type=submit]").await?;
        desk.see("[role=status]", "dev_").await?;
        let token = desk.text("[role=status] code").await?;
        desk.write("#f-label", "journey").await?;
        desk.write("#f-person", number).await?;
        desk.tap("form[action$='/label'] button[type=submit]").await?;
        desk.see("main", number).await?;
        let line = format!("http://{}/api/v1/devices/signs", house.address);
        let said = reqwest::Client::new().post(line).header("Authorization", format!("Bearer {}", token.trim())).body("");
        let said = said.send().await?;
        ensure!(said.status().is_success(), "the gateway is answered {}", said.status());
        // Written down within a second, and not with the next look of the program.
        let (page, begun) = (desk.js("location.pathname").await?, Instant::now());
        let page = page.as_str().context("a page")?.to_owned();
        while !desk.text("main").await?.contains("收到消息") || desk.text("main").await?.contains("尚未收到消息") {
            ensure!(begun.elapsed() < ALARM, "the gateway is not heard");
            desk.go(&page).await?;
        }
        Ok(())
    })
    .await
}

/// The paper of this morning.
async fn agreed(house: &House, neighbour: &Neighbour) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "shequ").await?;
        phone.go(&format!("{}/agree", neighbour.page)).await?;
        for tick in ["name=purpose][value=watch", "name=profile][value=housebound"] {
            phone.tap(&format!("label:has(input[{tick}])")).await?;
        }
        // The field holds local time of the neighbourhood, whatever the clock of the browser is set to.
        let seen = "new Date(Date.now() + (8 - 11) * 3600e3).toISOString().slice(0, 16)";
        phone.js(&format!("document.getElementById('f-seen_at').value = {seen}")).await?;
        phone.give_file("#f-scan", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        phone.write("#f-assessment", "独居，行动不便；只用室内动静").await?;
        phone.tap("main form[action$='/agree'] button[type=submit]").await?;
        phone.see("main", "看护中").await
    })
    .await
}

/// The register has her, who agreed to readings so far.
async fn entered(house: &House) -> anyhow::Result<Neighbour> {
    let home = ground(house).await?.home;
    let entrance = home.trim_end_matches("/101");
    // The demonstration registers people at the first entrance and the one beside it.
    let homes =
        ENTRANCES.iter().flat_map(|n| ROOMS.map(|room| format!("{}/{room}", entrance.replace("/1单元", &format!("/{n}单元")))));
    let name = format!("邱桂兰{}", count());
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "shequ").await?;
        phone.go("/care/enrol").await?;
        clean(phone, "registering").await?;
        for home in homes {
            phone.go("/care/enrol").await?;
            phone.write("#f-home", &home).await?;
            phone.write("#f-name", &name).await?;
            phone.write("#f-phone", "025-0000-0077").await?;
            phone.tap("label:has(input[name=purpose][value=readings])").await?;
            phone.give_file("#f-scan", &photo(house)?).await?;
            phone.see("[data-photo-note]", "照片已就绪").await?;
            phone.write("#f-witness", "楼长").await?;
            phone.write("#f-assessment", "独居，行动不便；只用室内动静").await?;
            phone.tap("main form[action='/care/enrol'] button[type=submit]").await?;
            phone.until("document.querySelector('#errors, [role=status] a[href*=\"/c/\"]') !== null").await?;
            if phone.has("#errors").await? {
                // Somebody lives there who is watched already, or the entrance has no such room.
                ensure!(phone.text("#errors").await?.contains('户'), "refused: {}", phone.text("#errors").await?);
                continue;
            }
            let link = phone.find("[role=status] a[href*='/c/']").await?.attr("href").await?.context("a private link")?;
            let link = link.find("/c/").and_then(|at| link.get(at..)).context("a private link")?.to_owned();
            let worry = phone.find("form[action$='/worry']").await;
            let action = match worry {
                Ok(form) => form.attr("action").await?,
                Err(_) => phone
                    .js("document.querySelector(\"form[action$='/worry']\").getAttribute('action')")
                    .await?
                    .as_str()
                    .map(str::to_owned),
            };
            let page = action.context("a person")?.trim_end_matches("/worry").to_owned();
            return Ok(Neighbour { name, page, link });
        }
        bail!("no room beside {entrance} is free")
    })
    .await
}

/// The board of the community has it, and says for how long.
async fn alarmed(house: &House, neighbour: &Neighbour) -> anyhow::Result<String> {
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shequ").await?;
        let begun = Instant::now();
        let row = format!(
            "[...document.querySelectorAll('#board a.row-main[href^=\"/care/visits/\"]')].find((a) => a.innerText.includes('{}'))?.getAttribute('href') ?? null",
            neighbour.name
        );
        loop {
            desk.go("/care").await?;
            if let Some(visit) = desk.js(&row).await?.as_str() {
                let visit = visit.to_owned();
                clean(desk, "the care board").await?;
                desk.go(&visit).await?;
                desk.see("main", "没有任何动静").await?;
                desk.see("main", "等人接手").await?;
                return Ok(visit);
            }
            ensure!(begun.elapsed() < ALARM, "nobody is alarmed about {} after {} s", neighbour.name, ALARM.as_secs());
        }
    })
    .await
}

/// The steward takes it in the stairwell: nobody answers the telephone, nobody opens. It is sent once the line is back; then she opens, and is unwell.
async fn visited_without_a_line(house: &House, neighbour: &Neighbour, visit: &str) -> anyhow::Result<()> {
    let wire = Wire::to(house.address).await?;
    let setup = Setup { base: Some(format!("http://{}", wire.address)), ..Setup::from(Device::Phone) };
    Window::with(house, setup, async |phone| {
        phone.sign_in(house, "guanjia").await?;
        phone.go("/care/mine").await?;
        phone.see("#mine", &neighbour.name).await?;
        clean(phone, "the visits of a steward").await?;
        phone.until("navigator.serviceWorker?.controller !== null").await?;
        let kept = format!(
            "const done = arguments[arguments.length - 1]; caches.open('linli-pages').then((c) => c.keys()).then((k) => done(k.some((r) => r.url.endsWith('{visit}'))));"
        );
        let begun = Instant::now();
        while phone.js_async(&kept).await? != true {
            ensure!(begun.elapsed().as_secs() < 30, "the visit was not kept for a place without a line");
        }

        wire.cut();
        phone.offline(true).await?;
        phone.tap(&format!("#mine a.row-main[href='{visit}']")).await?;
        phone.see("h1", &neighbour.name).await?;
        let step = |event: &str| format!("form[action$='{visit}/{event}'] button");
        for (event, waiting) in [("take", "1"), ("phone_silent", "2"), ("knock", "3"), ("no_answer", "4")] {
            phone.tap(&step(event)).await?;
            phone.see("#queue-line", &format!("{waiting} 条还没发出")).await?;
            phone.until(&format!("document.querySelector(\"form[action$='{visit}/{event}']\").hidden")).await?;
        }
        phone.reload().await?;
        phone.see("#queue-line", "4 条还没发出").await?;
        let (_, page) = house.get(&neighbour.link).await?;
        ensure!(page.contains("等人接手") && !page.contains("没有人应门"), "it was sent over a line that is dead");

        wire.mend();
        phone.offline(false).await?;
        phone.until("document.getElementById('queue-line').hidden").await?;
        phone.go(visit).await?;
        phone.see("main", "没有人应门").await?;
        let timeline = phone.text(".timeline").await?;
        for word in ["接手", "电话没人接", "到门口敲门", "没有人应门"] {
            ensure!(timeline.matches(word).count() == 1, "“{word}” stands {} times in {timeline}", timeline.matches(word).count());
        }
        clean(phone, "a door that stays shut").await?;
        // She opens after all.
        phone.tap(&step("knock")).await?;
        phone.see("main", "在门口").await?;
        phone.tap("details:has(form[action$='/unwell']) summary").await?;
        phone.write("form[action$='/unwell'] textarea", "喘得厉害，能走动").await?;
        phone.tap(&step("unwell")).await?;
        phone.see("main", "已转卫生服务中心").await
    })
    .await
}

/// The family doctor finds her on the list, judges the risk, takes the reading of 92, and asks that she be seen.
async fn followed(house: &House, neighbour: &Neighbour) -> anyhow::Result<()> {
    let id = neighbour.page.rsplit('/').next().context("an id")?;
    let page = format!("/care/follow/{id}");
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "yisheng").await?;
        phone.go("/care/calls").await?;
        clean(phone, "the call list").await?;
        let before = phone.taps();
        // Whom a visit found unwell stands first, and the row leads to the page that has her number.
        phone.see("main", "走访发现不适").await?;
        phone.tap(&format!("main a.row-main[href='{page}']")).await?;
        phone.see("main a[href^='tel:']", "025").await?;
        phone.tap(&format!("main a[href='{page}/factors']")).await?;
        phone.js("document.getElementById('f-born').value = '1941-03-08'").await?;
        phone.tap("label:has(input[name=disease][value=stable])").await?;
        phone.tap("label:has(input[name=vaccination][value=partial])").await?;
        // Her own station is chosen already.
        phone.until("document.getElementById('f-institution').value !== ''").await?;
        phone.tap("main form button[type=submit]").await?;
        phone.see("main", "红色").await?;
        phone.write("#f-spo2", "92").await?;
        phone.tap(&format!("form[action='{page}/readings'] button[type=submit]")).await?;
        phone.see("main", "血氧偏低").await?;
        clean(phone, "an alarm about a reading").await?;
        phone.tap("details:has(form[action$='/referral']) summary").await?;
        phone.write("form[action$='/referral'] textarea", "静息血氧 92%，请今天接诊").await?;
        phone.tap("form[action$='/referral'] button[type=submit]").await?;
        phone.until("!document.querySelector(\"form[action$='/referral']\")").await?;
        phone.see("main", "Z20").await?;
        let taps = phone.taps() - before;
        ensure!(taps <= 8, "from the list to the referral took {taps} taps");
        phone.go("/care/calls").await?;
        ensure!(!phone.text("main").await?.contains(&neighbour.name), "she is still on the list of the day");
        Ok(())
    })
    .await?;
    // The community sees that somebody went and what came of it, and nothing of her health.
    Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "shequ").await?;
        desk.go(&neighbour.page).await?;
        desk.see("main", "身体不适").await?;
        let shown = desk.text("main").await?;
        ensure!(!shown.contains("92") && !shown.contains("红色"), "the community reads her health: {shown}");
        desk.go(&page).await?;
        ensure!(!desk.text("body").await?.contains(&neighbour.name), "the community opens the page of the doctor");
        clean(desk, "the page of the doctor, refused").await
    })
    .await
}

/// Her own page has both: the visit and how it ended, the reading and the referral, and who looked.
async fn seen_by_herself(house: &House, neighbour: &Neighbour) -> anyhow::Result<()> {
    Window::with(house, Device::Phone, async |phone| {
        phone.go("/login?elder=1").await?;
        phone.go(&neighbour.link).await?;
        for words in ["看护中", "身体不适，已转卫生服务中心", "92%", "Z20", "家庭医生"] {
            phone.see("main", words).await?;
        }
        clean(phone, "her own page").await?;
        // She ends it, in one step; what lawfully stays is told, the reading is gone.
        phone.tap("form[action$='/withdraw'] button").await?;
        phone.see("main", "依法保留的").await?;
        phone.see("main", "没有看护").await?;
        let shown = phone.text("main").await?;
        ensure!(!shown.contains("92%"), "her reading is still kept: {shown}");
        Ok(())
    })
    .await
}
