//! Thirteen stairwells of the estate of the tour that want a lift, each at another stage, and what is renovated there: all of it done on the pages, by
//! the secretary and a worker of the community. What homes say is invented.

use anyhow::{Context as _, ensure};
use jiff::ToSpan as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{PlaceLevel, PlacePath, Ts};

use super::browser::{Browser, Field, after};
use super::ground::{Ground, sign_in};
use super::{ACTING, CHANCE};
use crate::demo::{self, Demo, Photo, Shows};
use crate::house::Built;

/// What is done with a stairwell, each at its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It begins; the property company sits at the table, a first meeting is held.
    Begin,
    /// So many homes of ten are asked, and one of them objects in some stairwells.
    Words(usize),
    /// The plan is drawn, two schemes are made, one is chosen; floors say what they think.
    Schemes,
    /// Everybody who agrees signs.
    Sign,
    /// Those who must be heard were heard, the scheme is posted.
    Post,
    /// The posting is over.
    Close,
    /// A step is done.
    Done(&'static str),
    /// What else is renovated in the estate.
    Renovate,
}

use Step::{Begin, Close, Done, Post, Renovate, Schemes, Sign, Words};

const BEGUN: [(i64, Step); 2] = [(52, Begin), (50, Words(10))];
const SIGNED: [(i64, Step); 4] = [(48, Begin), (46, Words(10)), (44, Schemes), (42, Sign)];
/// The furthest: days before the end, what.
const IN_USE: [(i64, Step); 16] = [
    (58, Begin),
    (57, Words(10)),
    (56, Schemes),
    (54, Sign),
    (53, Post),
    (38, Close),
    (37, Done("plan")),
    (34, Done("review")),
    (32, Done("told_regulator")),
    (31, Done("begun")),
    (8, Done("finished")),
    (7, Done("manager")),
    (6, Done("maintenance")),
    (5, Done("rescue")),
    (3, Done("registered")),
    (2, Renovate),
];

/// What becomes of each of the thirteen: how many of the steps of the furthest, or fewer.
fn ways() -> [Vec<(i64, Step)>; 13] {
    let far = |steps: usize| IN_USE.iter().copied().take(steps).collect::<Vec<_>>();
    let short = |steps: usize| SIGNED.iter().copied().take(steps).collect::<Vec<_>>();
    [
        IN_USE.to_vec(),
        far(10),
        far(6),
        far(5),
        SIGNED.to_vec(),
        short(3),
        BEGUN.to_vec(),
        vec![(40, Begin), (35, Words(7))],
        vec![(30, Begin), (28, Words(5))],
        vec![(21, Begin), (15, Words(4))],
        vec![(12, Begin), (4, Words(3))],
        vec![(6, Begin), (5, Words(1))],
        vec![(1, Begin)],
    ]
}

/// The lifts, while the play goes on.
pub struct Lifts<'a> {
    secrets: &'a Ctx,
    db: &'a Db,
    built: &'a Built,
    demo: &'a Demo,
    ground: &'a Ground,
    steps: std::vec::IntoIter<(Ts, usize, Step)>,
    entrances: Vec<PlacePath>,
    /// The addresses of the stairwells that have begun.
    begun: Vec<(usize, String)>,
    photo: Vec<u8>,
}

impl<'a> Lifts<'a> {
    /// Nothing is done yet.
    pub fn new((secrets, db, built): (&'a Ctx, &'a Db, &'a Built), (demo, ground): (&'a Demo, &'a Ground), end: Ts) -> Self {
        let before = |days: i64, minute: usize| {
            let day = end.local().date().checked_sub(days.days()).ok();
            let at = day.and_then(|day| Ts::from_local(day.at(9, 30, 0, 0))).unwrap_or(end);
            at.plus_secs(60 * i64::try_from(minute).unwrap_or(0)).min(end)
        };
        let mut steps: Vec<(Ts, usize, Step)> = Vec::new();
        for (n, way) in ways().into_iter().enumerate() {
            steps.extend(way.into_iter().map(|(days, step)| (before(days, n), n, step)));
        }
        steps.sort_by_key(|(at, n, _)| (*at, *n));
        let steps = steps.into_iter();
        let (entrances, begun) = (Vec::new(), Vec::new());
        Self { secrets, db, built, demo, ground, steps, entrances, begun, photo: Vec::new() }
    }

    /// Does what is to be done up to then, each step at its time.
    pub async fn until(&mut self, over: Ts) -> anyhow::Result<()> {
        while let Some((at, n, step)) = self.steps.as_slice().first().copied().filter(|(at, ..)| *at <= over) {
            self.steps.next();
            let chance = demo::stream(demo::SEED, &format!("lifts: {n} {step:?}"));
            let done = CHANCE.scope(chance, ACTING.scope(at, self.act(n, step)));
            done.await.with_context(|| format!("the lift of stairwell {n}: {step:?}"))?;
        }
        Ok(())
    }

    /// Somebody of the tour, signed in for this step: sessions do not last as long as the play.
    async fn browser(&self, login: &str) -> anyhow::Result<Browser> {
        Ok(sign_in((self.secrets, self.db, self.built), (self.demo, self.ground), login).await?.0)
    }

    /// The estate of the tour, its entrances, and a photo that shows nothing real.
    async fn look_up(&mut self) -> anyhow::Result<()> {
        const MOST: i64 = 13;
        if !self.entrances.is_empty() {
            return Ok(());
        }
        let estate = self.demo.tour.entrance.split('/').next().context("no estate")?;
        {
            let mut read = self.db.read().await?;
            let c = &mut read.conn();
            let place = linli_territory::queries::resolve(c, self.ground.district, estate).await?.context("no such estate")?;
            let level = PlaceLevel::Entrance;
            let found =
                linli_territory::queries::places_of_level(c, self.ground.district, &place.path, level, None, MOST).await?;
            self.entrances = found.into_iter().map(|place| place.path).collect();
        }
        ensure!(self.entrances.len() == 13, "{} entrances", self.entrances.len());
        self.photo = Photo { shows: Shows::Result, hue: 3, variant: 1 }.jpeg()?;
        Ok(())
    }

    async fn act(&mut self, n: usize, step: Step) -> anyhow::Result<()> {
        self.look_up().await?;
        if step == Begin {
            let secretary = self.browser("shuji").await?;
            return self.begin(&secretary, n).await;
        }
        let lift = &self.begun.iter().find(|(of, _)| *of == n).context("not begun")?.1;
        let who = self.browser(if matches!(step, Words(_) | Sign) { "shequ" } else { "shuji" }).await?;
        match step {
            Begin => Ok(()),
            Words(tenths) => words(&who, lift, n, tenths).await,
            Schemes => schemes(&who, lift).await,
            Sign => sign(&who, lift).await,
            Post => self.post(&who, lift).await,
            Close => who.post(&format!("{lift}/notices/close"), &[]).await.map(drop),
            Done(kind) => {
                let paper = format!("演示〔2026〕{}号", n + 1);
                let fields = [Field::Text("kind", kind), Field::Text("paper_no", &paper)];
                who.post(&format!("{lift}/steps"), &fields).await.map(drop)
            }
            Renovate => self.renovate(&who).await,
        }
    }

    async fn begin(&mut self, secretary: &Browser, n: usize) -> anyhow::Result<()> {
        let place = self.entrances.get(n).context("no such entrance")?.to_string();
        let lift = secretary.post("/lifts", &[Field::Text("place", &place)]).await?;
        ensure!(lift.starts_with("/lifts/"), "it did not begin: {}", super::browser::words(&lift));
        let company = [
            Field::Text("property_by", "玄武惠民示范物业有限公司"),
            Field::Text("property_note", "方案前先到场：可以负责运营，燃气表箱位置要先测。"),
        ];
        secretary.post(&format!("{lift}/property"), &company).await?;
        let fields = [
            Field::Text("subject", "第一次协商会：要不要装、大家担心什么"),
            Field::Text("attended", "6"),
            Field::Text("outcome", "低层担心采光和噪声，高层愿意多出一些；下次带方案来。"),
        ];
        secretary.post(&format!("{lift}/meetings"), &fields).await?;
        self.begun.push((n, lift));
        Ok(())
    }

    async fn post(&self, secretary: &Browser, lift: &str) -> anyhow::Result<()> {
        for kind in ["occupied_owner", "hear_building", "hear_affected"] {
            let fields = [Field::Text("kind", kind), Field::Text("note", "已逐户征求，记录附后（演示）")];
            secretary.post(&format!("{lift}/steps"), &fields).await?;
        }
        let fields = [
            Field::Text("posted_at", "本幢各单元门口和小区公告栏"),
            Field::File("photo", "photo.jpg", "image/jpeg", &self.photo),
        ];
        secretary.post(&format!("{lift}/notices"), &fields).await.map(drop)
    }

    /// Four items of the estate, one of them finished and accepted.
    async fn renovate(&self, secretary: &Browser) -> anyhow::Result<()> {
        let estate = self.demo.tour.entrance.split('/').next().context("no estate")?;
        let items = [
            ("drainage", "雨污分流", "600000", "0", "60"),
            ("lighting", "楼道和小区路灯", "80000", "0", "100"),
            ("parking", "东门停车场", "120000", "50000", ""),
            ("eldercare", "助餐点", "0", "0", ""),
        ];
        for (code, title, city, owners, percent) in items {
            let fields = [
                Field::Text("estate", estate),
                Field::Text("code", code),
                Field::Text("title", title),
                Field::Text("city", city),
                Field::Text("owners", owners),
            ];
            let item = secretary.post("/renovation", &fields).await?;
            if code == "lighting" {
                let page = secretary.get(&item).await?;
                let building =
                    after(page.split_once("name=\"building\"").context("no buildings")?.1, "<option value=\"")?.to_owned();
                let fields = [Field::Text("building", &building), Field::Text("homes", "24"), Field::Text("agreed", "21")];
                secretary.post(&format!("{item}/ask"), &fields).await?;
            }
            if !percent.is_empty() {
                let before = Photo { shows: Shows::Fault, hue: 2, variant: 2 }.jpeg()?;
                let fields = [
                    Field::Text("percent", percent),
                    Field::Text("said", "按计划推进（演示）"),
                    Field::File("before", "before.jpg", "image/jpeg", &before),
                    Field::File("after", "after.jpg", "image/jpeg", &self.photo),
                ];
                secretary.post(&format!("{item}/progress"), &fields).await?;
            }
            if percent == "100" {
                secretary.post(&format!("{item}/accept"), &[Field::Text("present", "18"), Field::Text("content", "16")]).await?;
            }
        }
        Ok(())
    }
}

/// The homes of a stairwell as its page has them, from the top down.
async fn homes(worker: &Browser, lift: &str) -> anyhow::Result<Vec<String>> {
    let page = worker.get(&format!("{lift}?view=stand")).await?;
    let house = page.split_once("lift-house").context("no house")?.1.split_once("</table>").context("no house")?.0;
    let mark = format!("href=\"{lift}/homes/");
    Ok(house.split(&mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect())
}

/// So many of ten homes are asked, the top ones first: they agree but for the last, which objects or has not made up its mind.
async fn words(worker: &Browser, lift: &str, n: usize, tenths: usize) -> anyhow::Result<()> {
    let all = homes(worker, lift).await?;
    let asked = (all.len() * tenths).div_ceil(10);
    for (at, home) in all.iter().take(asked).enumerate() {
        let last = at + 1 == asked;
        let (stance, reason) = match (last, n % 3) {
            (true, 1) => ("object", "light"),
            (true, 2) => ("undecided", "cost"),
            _ => ("agree", ""),
        };
        let fields = [
            Field::Text("stance", stance),
            Field::Text("way", if at % 4 == 3 { "phone" } else { "door" }),
            Field::Text("reason", reason),
            Field::Text("said", if last { "要看清楚影子再说（演示）" } else { "同意（演示）" }),
            Field::Text("witness", "楼长（演示）"),
        ];
        worker.post(&format!("{lift}/homes/{home}"), &fields).await?;
    }
    Ok(())
}

async fn schemes(secretary: &Browser, lift: &str) -> anyhow::Result<()> {
    let page = secretary.get(&format!("{lift}/light")).await?;
    // The plan that is offered fits the stairwell: it is taken as it is, with a house in front of it.
    let mut plan: Vec<(String, String)> = Vec::new();
    let form = page.split_once("/plan\"").context("no plan")?.1.split_once("</form>").context("no plan")?.0;
    for field in form.split("<input ").skip(1) {
        let name = field.split_once("name=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        let value = field.split_once("value=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        plan.push((name.to_owned(), value.to_owned()));
    }
    let walls = (1..=8).map(|row| (format!("w{row}wall"), "S".to_owned()));
    plan.extend(walls);
    for (side, value) in [("x", "-4"), ("y", "-32"), ("w", "30"), ("d", "11"), ("z", "0"), ("h", "18")] {
        plan.retain(|(name, _)| *name != format!("a1{side}"));
        plan.push((format!("a1{side}"), value.to_owned()));
    }
    let fields: Vec<Field<'_>> = plan.iter().map(|(name, value)| Field::Text(name, value)).collect();
    secretary.post(&format!("{lift}/plan"), &fields).await?;
    for (name, entry, total, low) in [("错层入户", "half_landing", "520000", "5000"), ("平层入户", "level", "640000", "8000")]
    {
        let page = secretary.get(&format!("{lift}/schemes/new")).await?;
        let value = |field: &str| -> anyhow::Result<String> {
            let mark = format!("name=\"{field}\" value=\"");
            Ok(page.split_once(&mark).context("no such field")?.1.split('"').next().unwrap_or_default().to_owned())
        };
        let mut all: Vec<(String, String)> = Vec::new();
        for side in ["x", "y", "w", "d", "z", "h"] {
            all.push((format!("s1{side}"), value(&format!("s1{side}"))?));
        }
        for floor in 1..=9 {
            if let Ok(coefficient) = value(&format!("k{floor}")) {
                all.push((format!("k{floor}"), coefficient));
            }
        }
        let more = [
            ("name", name),
            ("entry", entry),
            ("operating", "owned"),
            ("fire", "kept"),
            ("pipe", "gas"),
            ("note", "燃气立管外移，消防车道保留四米（演示）"),
            ("total", total),
            ("subsidy", "200000"),
            ("by", "coefficient"),
            ("c1", low),
            ("running", "7200"),
            ("overhaul", "3000"),
        ];
        all.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let fields: Vec<Field<'_>> = all.iter().map(|(name, value)| Field::Text(name, value)).collect();
        let put = secretary.post(&format!("{lift}/schemes"), &fields).await?;
        ensure!(put.ends_with("/schemes"), "no scheme: {}", super::browser::words(&put));
    }
    let page = secretary.get(&format!("{lift}/schemes")).await?;
    let scheme =
        page.split_once(&format!("action=\"{lift}/schemes/")).context("no scheme")?.1.split('/').next().context("no scheme")?;
    for (floor, opinion, said) in
        [("1", "if", "补偿要写进协议（演示）"), ("2", "if", "一楼有补偿，二楼也要（演示）"), ("4", "for", "")]
    {
        let fields = [Field::Text("floor", floor), Field::Text("opinion", opinion), Field::Text("said", said)];
        secretary.post(&format!("{lift}/schemes/{scheme}/views"), &fields).await?;
    }
    secretary.post(&format!("{lift}/schemes/{scheme}/choose"), &[]).await.map(drop)
}

async fn sign(worker: &Browser, lift: &str) -> anyhow::Result<()> {
    let page = worker.get(&format!("{lift}?view=stand")).await?;
    let house = page.split_once("lift-house").context("no house")?.1.split_once("</table>").context("no house")?.0;
    for cell in house.split("<td class=\"lift-cell lift-well\"").skip(1) {
        let cell = cell.split("</td>").next().unwrap_or_default();
        let home = after(cell, "/homes/")?;
        worker.post(&format!("{lift}/homes/{home}/sign"), &[Field::Text("how", "electronic")]).await?;
    }
    Ok(())
}
