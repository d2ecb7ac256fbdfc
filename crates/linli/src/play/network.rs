//! The treatment network: institutions come in a week before the end, tell what they must, count their beds, and the family doctor of the tour
//! sends five people to the hospital that leads; they stand at different points of their way at the end.

mod rounds;

use anyhow::{Context as _, ensure};
use jiff::ToSpan as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::Ts;
use linli_treatment::commands::grids;
use linli_treatment::model::{GridKind, InstitutionId};

use super::browser::{Browser, Field};
use super::ground::{self, Ground};
use super::{ACTING, CHANCE};
use crate::demo::network::{EMERGENCY_CODE, LEAD_CODE, MEMBERS, SECOND_CODE, STATION_CODE};
use crate::demo::{self, Demo};
use crate::house::Built;

/// Somebody who is sent: name, born, what is the matter, saturation, bed, severity. All of it is invented.
struct Sent {
    name: &'static str,
    born: &'static str,
    condition: &'static str,
    spo2: &'static str,
    bed: &'static str,
    severity: &'static str,
}

const fn sent(
    (name, born): (&'static str, &'static str),
    condition: &'static str,
    spo2: &'static str,
    (bed, severity): (&'static str, &'static str),
) -> Sent {
    Sent { name, born, condition, spo2, bed, severity }
}

const SENT: [Sent; 5] = [
    sent(("范玉兰", "1938-05-11"), "气促两天，静息血氧低", "89", ("icu", "severe")),
    sent(("贺长顺", "1944-10-03"), "发热五天，活动后气促", "91", ("ward", "severe")),
    sent(("阮秀珍", "1947-02-18"), "发热四天，进食少", "93", ("ward", "ordinary")),
    sent(("邱明远", "1950-07-29"), "咳嗽加重，有慢阻肺", "93", ("icu", "ordinary")),
    sent(("褚桂英", "1941-12-06"), "发热三天，血氧偏低", "92", ("ward", "ordinary")),
];

/// A return: who signs, institution, form, figures; `%` stands for what changes from day to day.
type Return = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const RETURNS: [Return; 7] = [
    ("chuangwei", LEAD_CODE, "fever_clinic", &[("visits", "%"), ("rooms_open", "6"), ("transfers", "3")]),
    (
        "chuangwei",
        LEAD_CODE,
        "emergency",
        &[("visits", "%"), ("observation_beds", "24"), ("observation_used", "21"), ("observation_converted", "4")],
    ),
    (
        "chuangwei",
        LEAD_CODE,
        "icu",
        &[("icu_open", "18"), ("icu_staffed", "16"), ("icu_used", "12"), ("doctors", "16"), ("nurses", "50")],
    ),
    ("chuangwei2", SECOND_CODE, "fever_clinic", &[("visits", "%"), ("rooms_open", "3"), ("transfers", "5")]),
    (
        "chuangwei2",
        SECOND_CODE,
        "icu",
        &[("icu_open", "6"), ("icu_staffed", "5"), ("icu_used", "4"), ("doctors", "5"), ("nurses", "16")],
    ),
    ("yisheng", STATION_CODE, "fever_clinic", &[("visits", "%"), ("rooms_open", "1"), ("transfers", "1")]),
    (
        "diaodu",
        EMERGENCY_CODE,
        "dispatch",
        &[("calls", "%"), ("vehicle_requests", "40"), ("urgent", "28"), ("non_urgent", "12"), ("diverted", "6")],
    ),
];
/// What changes from day to day, on the last seven days.
const VISITS: [&str; 7] = ["62", "71", "68", "80", "77", "84", "79"];
/// One day at the lead that sounds impossible and is not.
const CROWD: (usize, &str, &str) = (4, "960", "当天接收临时分诊点转来的人员，已逐人核对");
/// One day on which the second hospital forgot one return.
const FORGOTTEN: (usize, &str, &str) = (3, SECOND_CODE, "fever_clinic");

/// Entries of the ledger: who, institution, unit, kind of bed, what is counted.
type Ledger = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const LEDGER: [Ledger; 4] = [
    (
        "chuangwei",
        LEAD_CODE,
        "重症医学科",
        "icu",
        &[("in_place", "24"), ("open", "18"), ("doctors", "16"), ("nurses", "50"), ("occupied", "12"), ("convertible", "6")],
    ),
    (
        "chuangwei",
        LEAD_CODE,
        "呼吸与危重症医学科",
        "ward",
        &[("in_place", "60"), ("open", "60"), ("doctors", "20"), ("nurses", "40"), ("occupied", "52")],
    ),
    (
        "chuangwei2",
        SECOND_CODE,
        "重症医学科",
        "icu",
        &[("in_place", "6"), ("open", "6"), ("doctors", "5"), ("nurses", "16"), ("occupied", "4")],
    ),
    (
        "chuangwei2",
        SECOND_CODE,
        "内科病区",
        "ward",
        &[("in_place", "40"), ("open", "40"), ("doctors", "12"), ("nurses", "24"), ("occupied", "31")],
    ),
];

/// How crowded clinics said they were: how many minutes before the end, who, institution, clinic, level.
const CROWDING: [(i64, &str, &str, &str, &str); 3] = [
    (25, "chuangwei", LEAD_CODE, "发热门诊", "busy"),
    (190, "chuangwei2", SECOND_CODE, "发热门诊", "quiet"),
    (15, "yisheng", STATION_CODE, "发热诊室", "crowded"),
];

/// What is done, each at its own time.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The institutions come in from a file.
    Open,
    /// One grid, and who looks after which community.
    Grid,
    /// The so manieth of the seven days is told.
    Returns(usize),
    /// Beds are counted.
    Beds,
    /// The health bureau orders beds converted.
    Order,
    /// One of those who are sent: asked for.
    Ask(usize),
    /// A bed is held.
    Accept(usize),
    /// They leave.
    Depart(usize),
    /// They are there.
    Arrive(usize),
    /// The hospital cannot take them.
    Decline(usize),
    /// A clinic says how crowded it is.
    Crowding(usize),
    /// Experts come.
    Experts(rounds::Step),
}

/// An institution once it is in.
struct Known {
    code: &'static str,
    id: InstitutionId,
}

/// The network, while the play goes on.
pub struct Network<'a> {
    secrets: &'a Ctx,
    db: &'a Db,
    built: &'a Built,
    demo: &'a Demo,
    ground: &'a Ground,
    end: Ts,
    steps: std::vec::IntoIter<(Ts, Step)>,
    known: Vec<Known>,
    /// The addresses under which the doctor follows those who are sent.
    sent: Vec<String>,
    /// The addresses of the rounds that were planned.
    rounds: Vec<String>,
}

impl<'a> Network<'a> {
    /// Nothing is done yet.
    pub fn new((secrets, db, built): (&'a Ctx, &'a Db, &'a Built), (demo, ground): (&'a Demo, &'a Ground), end: Ts) -> Self {
        let before = |days: i64, hour: i8| {
            let day = end.local().date().checked_sub(days.days()).ok();
            day.and_then(|day| Ts::from_local(day.at(hour, 0, 0, 0))).unwrap_or(end).min(end)
        };
        let minutes = |before: i64| end.plus_secs(-60 * before);
        let mut steps = vec![(before(8, 9), Step::Open), (before(7, 0), Step::Grid), (before(6, 11), Step::Beds)];
        steps.extend((0..7_i64).rev().zip(0..).map(|(days, n)| (before(days, 9), Step::Returns(n))));
        steps.extend([
            (minutes(22 * 60), Step::Order),
            (minutes(360), Step::Ask(0)),
            (minutes(350), Step::Accept(0)),
            (minutes(340), Step::Depart(0)),
            (minutes(300), Step::Arrive(0)),
            (minutes(120), Step::Ask(1)),
            (minutes(110), Step::Accept(1)),
            (minutes(90), Step::Depart(1)),
            (minutes(50), Step::Ask(2)),
            (minutes(45), Step::Accept(2)),
            (minutes(40), Step::Ask(3)),
            (minutes(30), Step::Decline(3)),
            (minutes(10), Step::Ask(4)),
        ]);
        steps.extend(CROWDING.iter().enumerate().map(|(n, (ago, ..))| (minutes(*ago), Step::Crowding(n))));
        steps.extend(rounds::steps(before, minutes).map(|(at, step)| (at, Step::Experts(step))));
        steps.sort_by_key(|(at, _)| *at);
        let steps = steps.into_iter();
        Self { secrets, db, built, demo, ground, end, steps, known: Vec::new(), sent: Vec::new(), rounds: Vec::new() }
    }

    /// Does what is to be done up to then, each step at its time.
    pub async fn until(&mut self, over: Ts) -> anyhow::Result<()> {
        while let Some((at, step)) = self.steps.as_slice().first().copied().filter(|(at, _)| *at <= over) {
            self.steps.next();
            let chance = demo::stream(demo::SEED, &format!("network: {step:?}"));
            let done = CHANCE.scope(chance, ACTING.scope(at, self.act(step)));
            done.await.with_context(|| format!("the treatment network: {step:?}"))?;
        }
        Ok(())
    }

    async fn act(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Open => self.open().await,
            Step::Grid => self.grid().await,
            Step::Returns(day) => self.returns(day).await,
            Step::Beds => self.beds().await,
            Step::Order => self.order().await,
            Step::Ask(n) => self.ask(n).await,
            Step::Accept(n) => self.accept(n).await,
            Step::Depart(n) => self.depart(n).await,
            Step::Arrive(n) => self.answer(n, &[Field::Text("do", "arrive")]).await,
            Step::Crowding(n) => self.crowding(n).await,
            Step::Experts(step) => self.experts(step).await,
            Step::Decline(n) => self.answer(n, &[Field::Text("do", "decline"), Field::Text("reason", "no_staff")]).await,
        }
    }

    async fn open(&self) -> anyhow::Result<()> {
        let file = self.demo.network.institutions.as_bytes();
        ground::take_in_institutions(self.secrets, self.db, self.built, file).await
    }

    /// Looks the institutions up: they are there from the evening on which they came in.
    async fn look_up(&mut self) -> anyhow::Result<()> {
        let officer = self.browser("weijian").await?;
        let list = officer.get("/network").await?;
        let links: Vec<&str> =
            list.split(&format!("/network/{}/", self.ground.district)).filter_map(|rest| rest.get(..36)).collect();
        for code in [LEAD_CODE, EMERGENCY_CODE].into_iter().chain(MEMBERS) {
            for id in &links {
                let Ok(found) = id.parse::<InstitutionId>() else { continue };
                let page = officer.get(&format!("/network/{}/{found}", self.ground.district)).await?;
                if page.contains(code) && !self.known.iter().any(|known| known.code == code) {
                    self.known.push(Known { code, id: found });
                }
            }
        }
        ensure!(self.known.len() == MEMBERS.len() + 2, "{} institutions came in", self.known.len());
        Ok(())
    }

    fn id(&self, code: &str) -> anyhow::Result<InstitutionId> {
        let found = self.known.iter().find(|known| known.code == code);
        Ok(found.with_context(|| format!("no institution {code}"))?.id)
    }

    /// No page founds a grid: that is done once, where the network is set up.
    async fn grid(&mut self) -> anyhow::Result<()> {
        self.look_up().await?;
        let (ctx, from) = (self.secrets, ACTING.get());
        let mut tx = self.db.begin(self.ground.district).await?;
        let name = ("DEMO-G1", "东片救治网格（演示）", GridKind::General);
        let grid = grids::found(ctx, &mut tx, name, self.id(LEAD_CODE)?, from).await?;
        for code in MEMBERS {
            grids::join(ctx, &mut tx, self.id(code)?, grid, from).await?;
        }
        for (code, community) in [STATION_CODE, "DEMO-ST2"].into_iter().zip(&self.demo.network.communities) {
            grids::assign_catchment(ctx, &mut tx, community, self.id(code)?, from).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn returns(&self, day: usize) -> anyhow::Result<()> {
        let back = i64::try_from(VISITS.len().saturating_sub(day))?;
        let about = self.end.local().date().checked_sub(back.days())?;
        let usual = VISITS.get(day).copied().unwrap_or_default();
        for (login, code, form, figures) in RETURNS {
            if (day, code, form) == FORGOTTEN {
                continue;
            }
            let crowd = day == CROWD.0 && (code, form) == (LEAD_CODE, "fever_clinic");
            let changes = if crowd { CROWD.1 } else { usual };
            let mut fields: Vec<_> =
                figures.iter().map(|(field, said)| Field::Text(field, if *said == "%" { changes } else { said })).collect();
            if crowd {
                fields.push(Field::Text("because", CROWD.2));
            }
            let path = format!("/network/returns/{}/{}/{form}/{about}", self.ground.district, self.id(code)?);
            self.browser(login).await?.post(&path, &fields).await.with_context(|| format!("{code} on {about}"))?;
        }
        Ok(())
    }

    async fn beds(&self) -> anyhow::Result<()> {
        for (login, code, unit, bed_type, counted) in LEDGER {
            let (browser, board) = (self.browser(login).await?, format!("/beds/{}", self.id(code)?));
            let unit = unit_of(&browser.get(&board).await?, unit)?;
            for (kind, amount) in counted {
                let mut fields = vec![
                    Field::Text("unit", &unit),
                    Field::Text("bed_type", bed_type),
                    Field::Text("kind", kind),
                    Field::Text("change", "level"),
                    Field::Text("amount", amount),
                ];
                if *kind == "convertible" {
                    fields.push(Field::Text("within_hours", "24"));
                }
                browser.post(&format!("{board}/entries"), &fields).await.with_context(|| format!("{code} {kind}"))?;
            }
        }
        Ok(())
    }

    async fn crowding(&self, n: usize) -> anyhow::Result<()> {
        let (_, login, code, unit, level) = CROWDING.get(n).copied().context("no such clinic")?;
        let (browser, page) = (self.browser(login).await?, format!("/network/{}/{}", self.ground.district, self.id(code)?));
        let shown = browser.get(&page).await?;
        let mut forms = shown.split("/crowding/").skip(1).filter_map(|rest| rest.split_once('"'));
        let of = forms.find(|(_, rest)| rest.contains(&format!("> {unit}</span>"))).with_context(|| format!("no {unit}"))?.0;
        browser.post(&format!("{page}/crowding/{of}"), &[Field::Text("level", level)]).await?;
        Ok(())
    }

    async fn order(&self) -> anyhow::Result<()> {
        let (officer, board) = (self.browser("weijian").await?, format!("/beds/{}", self.id(LEAD_CODE)?));
        let unit = unit_of(&officer.get(&board).await?, "重症医学科")?;
        let fields = [
            Field::Text("unit", &unit),
            Field::Text("bed_type", "icu"),
            Field::Text("beds", "4"),
            Field::Text("within_hours", "24"),
        ];
        officer.post(&format!("{board}/conversions"), &fields).await?;
        Ok(())
    }

    async fn ask(&mut self, n: usize) -> anyhow::Result<()> {
        let one = SENT.get(n).context("nobody is sent")?;
        let phone = demo::unreal_phone(9_200 + n);
        let fields = [
            Field::Text("name", one.name),
            Field::Text("born", one.born),
            Field::Text("phone", &phone),
            Field::Text("condition", one.condition),
            Field::Text("spo2", one.spo2),
            Field::Text("direction", "up"),
            Field::Text("bed_type", one.bed),
            Field::Text("severity", one.severity),
            Field::Text("consent", "family"),
        ];
        let followed = self.browser("yisheng").await?.post("/referrals/new", &fields).await?;
        ensure!(followed.starts_with("/referrals/"), "not sent: {}", super::browser::words(&followed));
        self.sent.push(followed);
        Ok(())
    }

    fn sent(&self, n: usize) -> anyhow::Result<&str> {
        Ok(self.sent.get(n).context("not sent yet")?)
    }

    async fn accept(&self, n: usize) -> anyhow::Result<()> {
        let kind = SENT.get(n).context("nobody is sent")?.bed;
        let name = if kind == "icu" { "重症医学科" } else { "呼吸与危重症医学科" };
        let board = self.browser("chuangwei").await?.get(&format!("/beds/{}", self.id(LEAD_CODE)?)).await?;
        let bed = format!("{}/{kind}", unit_of(&board, name)?);
        self.answer(n, &[Field::Text("do", "accept"), Field::Text("bed", &bed)]).await
    }

    async fn depart(&self, n: usize) -> anyhow::Result<()> {
        let path = format!("{}/go-on", self.sent(n)?);
        self.browser("yisheng").await?.post(&path, &[Field::Text("next", "depart")]).await?;
        Ok(())
    }

    /// The bed manager of the lead answers the first attempt.
    async fn answer(&self, n: usize, fields: &[Field<'_>]) -> anyhow::Result<()> {
        let id = self.sent(n)?.trim_start_matches("/referrals/");
        self.browser("chuangwei").await?.post(&format!("/inbound/{id}/1"), fields).await?;
        Ok(())
    }

    async fn browser(&self, login: &str) -> anyhow::Result<Browser> {
        Ok(ground::sign_in((self.secrets, self.db, self.built), (self.demo, self.ground), login).await?.0)
    }
}

/// The id of a unit as the form of the board offers it.
fn unit_of(board: &str, name: &str) -> anyhow::Result<String> {
    let offered = board.split("<option value=\"").filter_map(|rest| rest.split_once("</option>")).map(|(option, _)| option);
    let found = offered.filter_map(|option| option.split_once('"')).find(|(_, rest)| rest.ends_with(&format!(">{name}")));
    Ok(found.with_context(|| format!("no unit {name} on the board"))?.0.to_owned())
}
