//! The pages of the treatment network, by who sees them.

use linli_e2e::{Device, House, Window};

use crate::pages::{Round, SEND, first_link, stop};

/// Doctor, beds, grid, 120, health office: the treatment network.
pub async fn pages(house: &House) -> anyhow::Result<Vec<Round>> {
    let (institution, form) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "weijian").await?;
        window.go("/network").await?;
        let institution = first_link(window, "main .rows a.row-main[href^='/network/']").await?;
        window.sign_in(house, "chuangwei").await?;
        window.go("/network/returns").await?;
        Ok((institution, first_link(window, "main a[href*='/fever_clinic/']").await?))
    })
    .await?;
    let followed = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "yisheng").await?;
        window.go("/referrals").await?;
        first_link(window, "main a.row-main[href^='/referrals/']").await
    })
    .await?;
    let (a_round, finding) = Window::with(house, Device::Desk, async |window| {
        window.sign_in(house, "zhuanjia").await?;
        window.go("/rounds").await?;
        let a_round = first_link(window, "main a.row-main[href^='/rounds/0']").await?;
        window.go("/rounds/findings").await?;
        Ok((a_round, first_link(window, "main li.row a[href^='/rounds/findings/']").await?))
    })
    .await?;
    let expert = vec![
        stop("rounds", "/rounds"),
        stop("round", a_round),
        stop("rounds-findings", "/rounds/findings"),
        stop("rounds-finding", finding),
        stop("rounds-compare", "/rounds/compare"),
    ];
    let upkeep = |matter: &str| format!("{institution}/upkeep?do={matter}");
    let doctor = vec![
        stop("referrals", "/referrals"),
        stop("referral-new", "/referrals/new"),
        stop("referral-wrong", "/referrals/new").then("main form .btn-main", "#errors"),
        stop("referral", followed),
    ];
    let manager = vec![
        stop("inbound", "/inbound"),
        stop("beds", "/beds"),
        stop("beds-wrong", "/beds").then("form[action$='/entries'] .btn-main", "#errors"),
        stop("beds-then", "/beds").then("main a[href$='?at=']", "#f-at"),
        stop("returns-own", "/network/returns"),
        stop("return", form),
        stop("handovers", "/handovers"),
    ];
    let coordinator = vec![stop("grid", "/grid"), stop("grid-history", "/grid/history"), stop("city-grid", "/city")];
    let seat = vec![
        stop("emergency", "/emergency"),
        stop("emergency-wrong", "/emergency").then("form[action='/emergency'] .btn-main", "#errors"),
        stop("emergency-fleet", "/emergency/fleet"),
        stop("emergency-call-backs", "/emergency/call-backs"),
        stop("emergency-day", "/emergency/day"),
    ];
    let mut officer = vec![
        stop("network", "/network"),
        stop("network-new", "/network/new"),
        stop("network-wrong", "/network/new").then(SEND, "#errors"),
        stop("network-grids", "/network/grids"),
        stop("rounds-groups", "/rounds/groups"),
        stop("city-outcomes", "/city/outcomes"),
        stop("institution", institution.clone()),
        stop("returns-day", "/network/returns"),
        stop("city", "/city"),
        stop("upkeep-wrong", upkeep("staffing")).typed("#f-headcount", "3").then("main form .btn-main", "#errors"),
    ];
    for (name, matter) in [
        ("upkeep-data", "data"),
        ("upkeep-hours", "hours"),
        ("upkeep-closed-day", "closed_day"),
        ("upkeep-staffing", "staffing"),
        ("upkeep-grid", "grid"),
        ("upkeep-lead", "lead"),
        ("upkeep-close", "close"),
    ] {
        officer.push(stop(name, upkeep(matter)));
    }
    let public = vec![stop("clinics", "/clinics?asked=1")];
    let round = |login, stops| Round { login, stops };
    Ok(vec![
        round(None, public),
        round(Some("yisheng"), doctor),
        round(Some("chuangwei"), manager),
        round(Some("xietiao"), coordinator),
        round(Some("diaodu"), seat),
        round(Some("zhuanjia"), expert),
        round(Some("weijian"), officer),
    ])
}
