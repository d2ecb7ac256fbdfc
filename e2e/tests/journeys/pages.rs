//! Every page of the house, by who sees it. What is needed to see them (cases in every state, a wrong password, an empty list) is
//! made on the way.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};

use crate::tools::{count, finish_as_steward};

/// A page and how one comes to it.
#[derive(Debug, Clone)]
pub struct Stop {
    /// Its name in reports and pictures.
    pub name: &'static str,
    /// Its path.
    pub path: String,
    /// What to tap there, and what then must show.
    pub then: Option<(&'static str, &'static str)>,
    /// What to type before that: field, words (of a list: the value).
    pub typed: Vec<(&'static str, String)>,
    /// Whether it works a single time only.
    pub once: bool,
}

/// A page by its name and path.
pub fn stop(name: &'static str, path: impl Into<String>) -> Stop {
    Stop { name, path: path.into(), then: None, typed: Vec::new(), once: false }
}

impl Stop {
    /// What to tap there, and what must show.
    pub fn then(mut self, tap: &'static str, show: &'static str) -> Self {
        self.then = Some((tap, show));
        self
    }

    /// What to type before.
    pub fn typed(mut self, field: &'static str, words: impl Into<String>) -> Self {
        self.typed.push((field, words.into()));
        self
    }

    /// Goes there.
    pub async fn visit(&self, window: &Window) -> anyhow::Result<()> {
        window.go(&self.path).await?;
        for (field, words) in &self.typed {
            if field.starts_with("select") {
                window.choose(field, words).await?;
            } else if *field == "#f-file" {
                window.give_file(field, std::path::Path::new(words)).await?;
            } else {
                // What was typed here and thrown back is given back by the page.
                window.find(field).await?.clear().await?;
                window.write(field, words).await?;
            }
        }
        if let Some((tap, show)) = self.then {
            window.tap(tap).await?;
            if let Err(error) = window.find(show).await {
                let shown: String = window.text("body").await?.chars().take(600).collect();
                return Err(error.context(format!("the page is {} and shows: {shown}", window.path().await?)));
            }
        }
        ensure!(!window.text("body").await?.trim().is_empty(), "{} is empty", self.name);
        Ok(())
    }
}

/// What one login sees, `None` for those who have none.
#[derive(Debug, Clone)]
pub struct Round {
    /// The login.
    pub login: Option<&'static str>,
    /// The pages.
    pub stops: Vec<Stop>,
}

/// Sends the form of a page.
pub const SEND: &str = "main form button[type=submit]";

/// Where the first of these leads.
pub async fn first_link(window: &Window, css: &str) -> anyhow::Result<String> {
    let href = window.find(css).await?.attr("href").await?;
    href.with_context(|| format!("{css} leads nowhere"))
}

/// Without signing in.
pub async fn everybody(house: &House) -> anyhow::Result<Vec<Round>> {
    let board = &house.board;
    let report = |words: &str| format!("{words}({})", count());
    let fresh = house.report(board, &report("三楼楼道灯不亮,老人下楼看不清台阶")).await?;
    let danger = house.report(board, &report("楼道里闻到燃气味,很浓")).await?;
    let asked = house.report(board, &report("单元门锁坏了,关不上")).await?;
    let closed = house.report(board, &report("信箱被撬开了")).await?;
    let again = house.report(board, &report("下水道又堵了,水漫到门口")).await?;
    for case in [&asked, &closed, &again] {
        finish_as_steward(house, case).await?;
    }
    let (estate, whole, activate) = Window::with(house, Device::Desk, async |window| {
        window.go(&closed.link).await?;
        window.tap("form[action$='/confirm'] button").await?;
        window.until("location.search.includes('said=')").await?;
        window.go(&again.link).await?;
        window.tap("form[action$='/not-fixed'] button").await?;
        window.until("location.search.includes('said=')").await?;
        window.go("/find?name=%E6%A1%90").await?;
        let estate = first_link(window, "main .rows a").await?;
        window.go(&estate).await?;
        let whole = first_link(window, "main a.btn-main").await?;
        Ok((estate, whole, activation(house).await?))
    })
    .await?;
    let (_, log) = house.get("/log/1").await?;
    let entry =
        log.split("href=\"/log/1/e/").nth(1).and_then(|rest| rest.split('"').next()).context("nothing in the public log")?;
    let entry = format!("/log/1/e/{entry}");
    let home = claim_code(house).await?;
    let own = care_link(house).await?;
    let mut open = vec![
        stop("start", "/"),
        stop("find", "/find"),
        stop("find-found", "/find?name=%E6%A1%90"),
        stop("find-none", "/find?name=xyz"),
        stop("find-estate", estate),
        stop("board-find", "/b"),
        stop("board-find-wrong", "/b?code=zzzzzzz"),
        stop("board", format!("/b/{board}")),
        stop("board-estate", whole),
        stop("board-unknown", "/b/zzzzzzz"),
        stop("print-a4", format!("/b/{board}/print?size=a4")),
        stop("print-a3", format!("/b/{board}/print?size=a3")),
        stop("logs", "/log"),
        stop("log", "/log/1"),
        stop("log-compare-wrong", "/log/1").typed("#f-checkpoint", "x").then(SEND, "#errors"),
        stop("log-proof", entry.clone()),
        stop("log-proof-print", format!("{entry}/print")),
        stop("report-where", "/report"),
        stop("report-unknown", "/report?at=zzzzzzz"),
        stop("report", format!("/report?at={board}")),
        stop("report-wrong", format!("/report?at={board}")).typed("#f-phone", "12").then(SEND, "#errors"),
        stop("link-new", format!("{}?new=1", fresh.link)),
        stop("link", fresh.link),
        stop("link-danger", format!("{}?new=1", danger.link)),
        stop("link-asked", asked.link),
        stop("link-closed", format!("{}?said=fixed", closed.link)),
        stop("link-reopened", format!("{}?said=not-fixed", again.link)),
        stop("link-unknown", "/r/nothing"),
        stop("care-link", own.clone()),
        stop("care-link-wrong", own).then("form[action$='/away'] button[type=submit]", "#errors"),
        stop("care-link-unknown", "/c/nothing"),
        stop("login", "/login"),
        stop("login-wrong", "/login").typed("#f-login", "nobody").typed("#f-password", "wrong").then(SEND, "#errors"),
        stop("logout", "/logout"),
        stop("claim", "/claim"),
        stop("claim-wrong", "/claim").typed("#f-code", "AAAAA-AAAAA").then(SEND, "#errors"),
        stop("activate", activate.clone()),
        stop("activate-wrong", activate).typed("#f-password", "short").then(SEND, "#errors"),
        stop("activate-gone", "/activate/nothing"),
        stop("setup-gone", "/setup/nothing"),
        stop("my-home-unclaimed", "/my-home"),
        stop("offline", "/offline"),
        stop("nowhere", "/nowhere"),
    ];
    open.extend(crate::council::public(house).await?);
    open.extend(crate::vote::public(house).await?);
    let mut claim = stop("my-home-claimed", "/claim").typed("#f-code", home).then(SEND, "form[action='/my-home/release']");
    claim.once = true;
    Ok(vec![
        Round { login: None, stops: open },
        Round {
            login: None,
            stops: vec![
                claim,
                stop("my-home", "/my-home"),
                stop("my-home-care", "/my-home/care"),
                stop("my-home-votes", "/my-home/votes"),
            ],
        },
    ])
}

/// The own page of somebody of the demonstration: a new private link, made by the community. Each call takes another person, because the newest
/// link ends the one before.
async fn care_link(house: &House) -> anyhow::Result<String> {
    Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shequ").await?;
        window.go("/care/people").await?;
        let people =
            window.js("[...document.querySelectorAll('main .rows a.row-main')].map((a) => a.getAttribute('href'))").await?;
        let people: Vec<String> = serde_json::from_value(people)?;
        // The second of the demonstration has everything: visits, readings, an oximeter.
        let person =
            people.get((1 + CARE_LINKS.fetch_add(1, Ordering::Relaxed)) % people.len().max(1)).context("nobody is registered")?;
        window.go(person).await?;
        window.tap("form[action$='/link'] button").await?;
        let link = first_link(window, "[role=status] a[href*='/c/']").await?;
        Ok(link.find("/c/").and_then(|at| link.get(at..)).context("a link")?.to_owned())
    })
    .await
}

/// Links made so far.
static CARE_LINKS: AtomicUsize = AtomicUsize::new(0);

/// A link to set a password by, made by the administrator; the old password stays until it is used.
/// The last account: a newer link for the same one would end this one.
async fn activation(house: &House) -> anyhow::Result<String> {
    Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "admin").await?;
        window.go("/admin/accounts").await?;
        window.tap(".rows > li:last-child form[action$='/link'] button").await?;
        let link = window.text("[role=status] code").await?;
        Ok(link.find("/activate/").and_then(|at| link.get(at..)).context("a link")?.to_owned())
    })
    .await
}

/// A code on paper for a home behind the board of the tour.
pub async fn claim_code(house: &House) -> anyhow::Result<String> {
    let home = ground(house).await?.home;
    Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "guanjia").await?;
        window.go("/homes/code").await?;
        window.write("#f-home", &home).await?;
        window.tap(SEND).await?;
        window.text("[role=status] strong").await
    })
    .await
}

/// The ground around the board of the tour.
pub struct Ground {
    /// Addresses in the tree of places: district, subdistrict, community, estate, building, entrance.
    tree: Vec<String>,
    /// The key of a home.
    pub home: String,
}

impl Ground {
    /// The address of the page of figures of the `n`th place.
    fn figures(&self, n: usize) -> anyhow::Result<String> {
        Ok(self.tree.get(n).context("a place")?.replace("/admin/territory/", "/places/"))
    }
}

pub async fn ground(house: &House) -> anyhow::Result<Ground> {
    let (_, board) = house.get(&format!("/api/v1/boards/{}", house.board)).await?;
    let board: serde_json::Value = serde_json::from_str(&board)?;
    let named = |level: &str| {
        let within = board.get("within")?.as_array()?;
        let place = within.iter().find(|place| place.get("level").is_some_and(|l| l == level))?;
        Some(place.get("name")?.as_str()?.to_owned())
    };
    let named = |level: &str| if level == "estate" { Some(house.estate.clone()) } else { named(level) };
    Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "admin").await?;
        window.go("/admin/territory").await?;
        let (mut tree, mut keys) = (Vec::new(), Vec::new());
        for level in ["district", "subdistrict", "community", "estate", "building", "entrance"] {
            let rows = "[...document.querySelectorAll('main tbody th a')]";
            let wanted = named(level).map_or_else(|| "null".to_owned(), |name| serde_json::json!(name).to_string());
            let found = format!("({rows}.find((a) => a.innerText.trim() === {wanted}) ?? {rows}[0])");
            let row =
                window.js(&format!("(({{ href, innerText }}) => [new URL(href).pathname, innerText.trim()])({found})")).await?;
            let (path, name): (String, String) = serde_json::from_value(row)?;
            window.go(&path).await?;
            match level {
                "estate" => keys.push(window.text("main .quiet .num").await?),
                "building" | "entrance" => keys.push(name),
                _ => {}
            }
            tree.push(path);
        }
        Ok(Ground { tree, home: format!("{}/101", keys.join("/")) })
    })
    .await
}

/// Those who work at the doors.
pub async fn stewards(house: &House) -> anyhow::Result<Vec<Round>> {
    let report = |words: &str| format!("{words}({})", count());
    let reported = house.report(&house.board, &report("楼梯扶手松了")).await?;
    let taken = house.report(&house.board, &report("三楼楼道灯不亮")).await?;
    let asked = house.report(&house.board, &report("单元门锁坏了")).await?;
    finish_as_steward(house, &asked).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "guanjia").await?;
        phone.go(&format!("/cases/{}", taken.id)).await?;
        phone.tap("form[action$='/take'] button").await?;
        phone.see("main", "正在处理").await
    })
    .await?;
    let home = ground(house).await?.home;
    // The one whose claims end is not the one whose code the round of visitors uses.
    let above = home.replace("/101", "/201");
    let case = |id: &str| format!("/cases/{id}");
    let steward = vec![
        stop("my-day", "/my-day"),
        stop("case-reported", case(&reported.id)),
        stop("case-taken", case(&taken.id)),
        stop("case-taken-wrong", case(&taken.id))
            .then("form[action$='/finish'] button[type=submit]", "[data-queue-wrong]:not([hidden])"),
        stop("case-asked", case(&asked.id)),
        stop("case-unknown", case("00000000-0000-7000-8000-000000000000")),
        stop("choose-role", "/choose-role"),
        stop("account", "/account"),
        stop("account-wrong", "/account").typed("#f-old", "x").typed("#f-password", "y").then(SEND, "#errors"),
        stop("home-code", "/homes/code"),
        stop("home-code-made", "/homes/code").typed("#f-home", home).then(SEND, "[role=status] strong"),
        stop("home-claims-ended", "/homes/code")
            .typed("#f-home", above)
            .then("[formaction='/homes/code/end']", "[role=status] p"),
        stop("home-code-wrong", "/homes/code").typed("#f-home", "XW0000/1").then(SEND, "#errors"),
        stop("care-mine", "/care/mine"),
        stop("care-board-steward", "/care"),
        stop("care-visit-steward", first_visit(house, "guanjia").await?),
        stop("care-visit-unknown", "/care/visits/00000000-0000-7000-8000-000000000000"),
        stop("forbidden", "/admin/import"),
    ];
    let guard = vec![stop("my-day-guard", "/my-day")];
    Ok(vec![
        Round { login: Some("guanjia"), stops: steward },
        Round { login: Some("baoan"), stops: guard },
        Round { login: Some("yisheng"), stops: doctor(house).await? },
    ])
}

/// The first visit on the care board, as somebody of the staff sees it.
async fn first_visit(house: &House, login: &str) -> anyhow::Result<String> {
    Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, login).await?;
        window.go("/care").await?;
        first_link(window, "#board a[href^='/care/visits/']").await
    })
    .await
}

/// What the family doctor has: the lists, somebody with an alarm, somebody whom nobody has judged, the oximeters of the station.
async fn doctor(house: &House) -> anyhow::Result<Vec<Stop>> {
    let (alarmed, unknown, station, oxygen, stock) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "yisheng").await?;
        window.go("/care/calls").await?;
        let alarmed = first_link(window, "main a.row-main[href^='/care/follow/']:not([href$='/factors'])").await?;
        let unknown = first_link(window, "main a.row-main[href$='/factors']").await?;
        window.go("/care/oximeters").await?;
        let station = first_link(window, "main a[href^='/care/oximeters/']").await?;
        window.go("/care/oxygen").await?;
        let oxygen = first_link(window, "main a[href^='/care/oxygen/']").await?;
        window.go("/care/antivirals").await?;
        Ok((alarmed, unknown, station, oxygen, first_link(window, "main a[href^='/care/antivirals/']").await?))
    })
    .await?;
    Ok(vec![
        stop("care-calls", "/care/calls"),
        stop("care-red", "/care/red"),
        stop("care-follow", alarmed.clone()),
        stop("care-follow-wrong", alarmed.clone())
            .typed("#f-spo2", "192")
            .then("form[action$='/readings'] button[type=submit]", "#errors"),
        stop("care-antivirals", format!("{alarmed}/antivirals")).then(SEND, "#errors"),
        stop("care-antivirals-checked", format!("{alarmed}/antivirals"))
            .typed("#f-onset", "01012023")
            .typed("select#f-q-kidney_moderate", "yes")
            .then(SEND, "[role=status] .rows"),
        stop("care-factors", format!("{alarmed}/factors")),
        stop("care-factors-wrong", unknown.clone()).then(SEND, "#errors"),
        stop("care-follow-unknown", unknown.trim_end_matches("/factors")),
        stop("care-oximeters", "/care/oximeters"),
        stop("care-oximeters-station", station),
        stop("care-oxygen", "/care/oxygen"),
        stop("care-oxygen-day", oxygen.clone()),
        stop("care-oxygen-wrong", oxygen).then("form[action$='/offer'] button[type=submit]", "#errors"),
        stop("care-stock", "/care/antivirals"),
        stop("care-lots", stock.clone()),
        stop("care-lots-wrong", stock).then("form.panel[action$='/entries'] button[type=submit]", "#errors"),
    ])
}

/// The desk, the community, the district.
pub async fn officers(house: &House) -> anyhow::Result<Vec<Round>> {
    let fresh = house.report(&house.board, &format!("井盖松动,车轮压过会响({})", count())).await?;
    let ground = ground(house).await?;
    let desk = vec![
        stop("desk", "/desk"),
        stop("desk-case", format!("/desk?case={}", fresh.id)),
        stop("desk-calls", "/calls"),
        stop("desk-new", "/desk/new"),
        stop("desk-handover", "/desk/handover"),
        stop("desk-wall", "/desk/wall"),
        stop("desk-elsewhere", "/desk/elsewhere"),
        stop("desk-class", format!("/cases/{}/class?q=%E4%BA%95%E7%9B%96", fresh.id)),
        stop("desk-overdue", "/desk?view=overdue"),
        stop("desk-ended", "/desk?view=ended"),
        stop("desk-waiting", "/desk?view=waiting"),
        stop("desk-found", "/desk?view=all&q=%E7%81%AF&class=stair_lamp"),
        stop("desk-none", "/desk?view=open&state=returned"),
        stop("case-desk", format!("/cases/{}", fresh.id)),
    ];
    let person = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "shuji").await?;
        window.go("/care/people").await?;
        first_link(window, "main .rows a.row-main").await
    })
    .await?;
    let pledge = ground.figures(2)?.replace("/places/", "/pledges/");
    let mut secretary = vec![
        stop("notices-none", "/notices"),
        stop("notice-new", "/notices/new"),
        stop("notice-wrong", "/notices/new").then(SEND, "#errors"),
        stop("my-day-secretary", "/my-day"),
        stop("care-board", "/care"),
        stop("care-enrol", "/care/enrol"),
        stop("care-enrol-wrong", "/care/enrol").then(SEND, "#errors"),
        stop("care-people", "/care/people"),
        stop("care-person", person.clone()),
        stop("care-agree", format!("{person}/agree")),
        stop("care-visit", first_visit(house, "shequ").await?),
        stop("care-figures", "/care/figures"),
        stop("care-key-groups-community", "/care/key-groups"),
        stop("units", "/units"),
        stop("units-wrong", "/units").then("form[action='/units'] button[type=submit]", "#errors"),
        stop("pledges", "/pledges"),
        stop("pledge", pledge.clone()),
        stop("pledge-wrong", pledge).typed("#f-duty_phone", "12").then(SEND, "#errors"),
    ];
    secretary.extend(crate::council::pages(house).await?);
    secretary.extend(crate::lift::pages(house).await?);
    secretary.extend(crate::vote::pages(house).await?);
    let mut district = vec![
        stop("district", "/district"),
        stop("desk-district", "/desk"),
        stop("care-figures-district", "/care/figures"),
        stop("care-key-groups", "/care/key-groups"),
        stop("care-oximeters-district", "/care/oximeters"),
        stop("care-oximeters-wrong", "/care/oximeters").then(SEND, "#errors"),
        stop("care-oxygen-district", "/care/oxygen"),
        stop("care-stock-district", "/care/antivirals"),
    ];
    for (n, name) in
        ["place-district", "place-subdistrict", "place-community", "place-estate", "place-building", "place-entrance"]
            .into_iter()
            .enumerate()
    {
        district.push(stop(name, ground.figures(n)?));
    }
    district.push(stop("place-unknown", "/places/9.9.9"));
    district.push(stop("place-who", format!("{}/who", ground.figures(5)?)));
    Ok(vec![
        Round { login: Some("zhiban"), stops: desk },
        Round { login: Some("shuji"), stops: secretary },
        Round { login: Some("quzhiban"), stops: district },
    ])
}

/// A device at the entrance of the tour, registered as an administrator does: the address of its page.
async fn a_device(window: &Window, ground: &Ground) -> anyhow::Result<String> {
    window.go("/admin/devices").await?;
    window.choose("select#f-kind", "gateway").await?;
    window.write("#f-name", &format!("网关{}", count())).await?;
    window.write("#f-place", ground.home.trim_end_matches("/101")).await?;
    window.write("#f-owner", "物业公司").await?;
    window.tap("form[method=post][action='/admin/devices'] button[type=submit]").await?;
    window.find("[role=status] code").await?;
    window.go("/admin/devices").await?;
    first_link(window, "main .rows a[href^='/admin/devices/']").await
}

/// The administrator.
pub async fn administrators(house: &House) -> anyhow::Result<Vec<Round>> {
    let ground = ground(house).await?;
    let (person, organisation, device) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "admin").await?;
        window.go("/admin/people").await?;
        let person = first_link(window, "main .rows a[href*='/person/']").await?;
        let organisation = first_link(window, "main .rows a[href*='/organisation/']").await?;
        Ok((person, organisation, a_device(window, &ground).await?))
    })
    .await?;
    let mut stops = vec![
        stop("admin-start", "/"),
        stop("accounts", "/admin/accounts"),
        stop("accounts-found", "/admin/accounts?role=life_steward"),
        stop("accounts-none", "/admin/accounts?place=%E6%B2%A1%E6%9C%89%E7%9A%84%E5%9C%B0%E6%96%B9"),
        stop("accounts-wrong", "/admin/accounts")
            .typed("#f-login", "a")
            .then("form[method='post'][action='/admin/accounts'] button", "#errors"),
        stop("accounts-link", "/admin/accounts").then("li form[action$='/link'] button", "[role=status] code"),
        stop("import", "/admin/import"),
        stop("import-wrong", "/admin/import")
            .typed("select#f-kind", "estates")
            .typed("#f-district", "999999")
            .typed("#f-file", a_file(house)?)
            .then(SEND, "#errors"),
        stop("import-tried", "/admin/import")
            .typed("#f-district", "320102")
            .typed("#f-file", a_file(house)?)
            .then(SEND, "[role=status] dl"),
        stop("people", "/admin/people"),
        stop("people-found", "/admin/people?role=life_steward"),
        stop("people-none", "/admin/people?q=xyz"),
        stop("appoint", format!("{person}/appoint")),
        stop("appoint-wrong", format!("{person}/appoint")).then(SEND, "#errors"),
        stop("person", person),
        stop("organisation", organisation),
        stop("territory", "/admin/territory"),
        stop("territory-change", format!("{}/change", ground.tree.get(3).context("an estate")?)),
        stop("division-change", format!("{}/change", ground.tree.get(2).context("a community")?)),
        stop("territory-change-wrong", format!("{}/change", ground.tree.get(3).context("an estate")?))
            .then("form[action$='/close'] button[type=submit]", "#errors"),
        stop("districts", "/district"),
        stop("calendar", "/admin/calendar"),
        stop("calendar-wrong", "/admin/calendar").then("form[action='/admin/calendar/days'] button[type=submit]", "#errors"),
        stop("rules", "/admin/rules"),
        stop("units-districts", "/units"),
        stop("units-of-a-district", "/units").then("main .rows a", "form[action^='/units?district=']"),
        stop("open311-remotes", "/admin/open311"),
        stop("open311-remotes-wrong", "/admin/open311").then("#add button[type=submit]", "#errors"),
        stop("devices", "/admin/devices"),
        stop("devices-wrong", "/admin/devices").then("form[method=post][action='/admin/devices'] button[type=submit]", "#errors"),
        stop("device", device),
        stop("classes", "/admin/classes"),
        stop("classes-matters", "/admin/classes?list=matter&q=0129"),
        stop("rules-wrong", "/admin/rules").then("form[action='/admin/rules'] button[type=submit]", "#errors"),
    ];
    for (name, path) in ["tree-district", "tree-subdistrict", "tree-community", "tree-estate", "tree-building", "tree-entrance"]
        .into_iter()
        .zip(&ground.tree)
    {
        stops.push(stop(name, path.clone()));
    }
    if let Some(district) = ground.tree.first() {
        stops.push(stop("components", format!("{district}/components")));
    }
    Ok(vec![Round { login: Some("admin"), stops }])
}

/// A file of divisions in which one row is right and one wrong.
fn a_file(house: &House) -> anyhow::Result<String> {
    let path = house.folder().join(format!("divisions-{}.csv", count()));
    std::fs::write(&path, "code,name\n320102,玄武区\n32010299,没有\n")?;
    Ok(path.to_str().context("a path that is text")?.to_owned())
}
