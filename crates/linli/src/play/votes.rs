//! Owner votes of the demonstration: the owners of one estate, a vote of one building that was counted and can be recounted, and one of the whole estate that runs.

use anyhow::Context as _;
use linli_access::Ctx;
use linli_ballot::BallotOffice;
use linli_db::Db;
use linli_kernel::Ts;

use super::browser::{Browser, Field};
use super::ground::{self, Ground};
use super::{ACTING, CHANCE};
use crate::demo::{self, Demo};
use crate::house::Built;

const DAY_SECS: i64 = 86_400;
const HOUR_SECS: i64 = 3_600;
/// Ballots that are cast in the vote that runs.
const CAST_MOST: usize = 150;
/// Names of owners: families and what they are called. All of them are invented.
const FAMILIES: [&str; 16] = ["钱", "韩", "柳", "鲍", "史", "唐", "费", "岑", "薛", "雷", "倪", "汤", "滕", "殷", "罗", "毕"];
const GIVEN: [&str; 12] = ["文清", "秋月", "国梁", "小满", "玉华", "长河", "慧敏", "立春", "佩兰", "思远", "永年", "雪梅"];

/// What is done, each at its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The register of owners comes in.
    Owners,
    /// A vote is drafted and posted: of the building, or of the estate.
    Post(Which),
    /// It is opened until a day so many days later.
    Open(Which, i64),
    /// Ballots are taken at the doors.
    Cast(Which),
    /// The program counts.
    Count,
    /// The result is posted.
    Announce,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Counted by now.
    Building,
    /// Runs.
    Estate,
}

/// A home of the estate: its natural key, what it is called in the estate, its area as the file has it.
struct Home {
    key: String,
    label: String,
    area: String,
}

/// The votes, up to where they have been played.
pub struct Votes<'a> {
    secrets: &'a Ctx,
    db: &'a Db,
    built: &'a Built,
    demo: &'a Demo,
    ground: &'a Ground,
    steps: std::vec::IntoIter<(Ts, Step)>,
    homes: Vec<Home>,
    estate: String,
    building: String,
    /// The addresses of the votes.
    made: [Option<String>; 2],
}

impl<'a> Votes<'a> {
    /// Nothing is played yet.
    pub fn new((secrets, db, built): (&'a Ctx, &'a Db, &'a Built), (demo, ground): (&'a Demo, &'a Ground), end: Ts) -> Self {
        let before = |days: i64, hour: i64| {
            // In whole days of Beijing, so that everybody acts by day.
            let midnight = Ts((end.0 + 8 * HOUR_SECS * 1_000_000).div_euclid(DAY_SECS * 1_000_000) * DAY_SECS * 1_000_000
                - 8 * HOUR_SECS * 1_000_000);
            midnight.plus_secs(hour * HOUR_SECS - days * DAY_SECS)
        };
        let steps = vec![
            (before(55, 9), Step::Owners),
            (before(55, 10), Step::Post(Which::Building)),
            (before(36, 10), Step::Post(Which::Estate)),
            // Long after the fifteen days, whatever holiday falls upon their end.
            (before(28, 10), Step::Open(Which::Building, 10)),
            (before(25, 15), Step::Cast(Which::Building)),
            (before(17, 1), Step::Count),
            (before(16, 10), Step::Announce),
            (before(6, 9), Step::Open(Which::Estate, 15)),
            (before(2, 15), Step::Cast(Which::Estate)),
        ];
        let mut parts = demo.tour.entrance.split('/');
        let (estate, building) = (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or_default().to_owned());
        let homes = homes_of(&demo.tables.homes, &estate);
        Self { secrets, db, built, demo, ground, steps: steps.into_iter(), homes, estate, building, made: [None, None] }
    }

    /// Does what is to be done up to then, each step at its time.
    pub async fn until(&mut self, over: Ts) -> anyhow::Result<()> {
        while let Some((at, step)) = self.steps.as_slice().first().copied().filter(|(at, _)| *at <= over) {
            self.steps.next();
            let chance = demo::stream(demo::SEED, &format!("votes: {step:?}"));
            let done = CHANCE.scope(chance, ACTING.scope(at, self.act(at, step)));
            done.await.with_context(|| format!("owner votes: {step:?}"))?;
        }
        Ok(())
    }

    async fn browser(&self, login: &str) -> anyhow::Result<Browser> {
        Ok(ground::sign_in((self.secrets, self.db, self.built), (self.demo, self.ground), login).await?.0)
    }

    async fn act(&mut self, at: Ts, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Owners => self.owners().await,
            Step::Post(which) => self.post(which).await,
            Step::Open(which, days) => self.open(which, at.plus_secs(days * DAY_SECS)).await,
            Step::Cast(which) => self.cast(which).await,
            Step::Count => self.count().await,
            Step::Announce => {
                let vote = self.vote(Which::Building)?;
                let signed = [Field::Text("signed", "业主委员会（演示）")];
                self.browser("shuji").await?.post(&format!("{vote}/announce"), &signed).await.map(drop)
            }
        }
    }

    async fn owners(&self) -> anyhow::Result<()> {
        let mut table = String::from("code,area_m2,area_source,standing,owner,document\n");
        for (n, home) in self.homes.iter().enumerate() {
            // Every ninth owner has the home before too; the last two were never sold.
            let owner = if n % 9 == 8 { n - 1 } else { n };
            let unsold = n + 2 >= self.homes.len();
            let family = FAMILIES.get(owner % FAMILIES.len()).copied().unwrap_or_default();
            let given = GIVEN.get(owner / FAMILIES.len() % GIVEN.len()).copied().unwrap_or_default();
            let row = if unsold {
                format!("{},{},contract,unsold,,\n", home.key, home.area)
            } else {
                format!("{},{},register,owned,{family}{given},DEMO-{owner:06}\n", home.key, home.area)
            };
            table.push_str(&row);
        }
        let file = [Field::File("file", "owners.csv", "text/csv", table.as_bytes())];
        self.browser("shuji").await?.post("/owners/import", &file).await.map(drop)
    }

    async fn post(&mut self, which: Which) -> anyhow::Result<()> {
        let secretary = self.browser("shuji").await?;
        let (part, title, body, topic, matter) = match which {
            Which::Building => (
                self.building.as_str(),
                "动用维修资金修屋面",
                "屋面多处渗漏，物业已报价，业主委员会已复核。",
                "动用本栋维修资金 38,600 元，重做屋面防水",
                "5",
            ),
            Which::Estate => (
                "",
                "改建自行车棚为充电车棚",
                "现有自行车棚改建为电动自行车集中充电棚，装喷淋和断电保护。",
                "把小区自行车棚改建为电动自行车集中充电棚",
                "7",
            ),
        };
        let fields = [
            Field::Text("place", &self.estate),
            Field::Text("part", part),
            Field::Text("mode", "binding"),
            Field::Text("call", "regular"),
            Field::Text("title", title),
            Field::Text("body", body),
            Field::Text("topic_1", topic),
            Field::Text("matter_1", matter),
            Field::Text("silent", "not_participating"),
        ];
        let vote = secretary.post("/votes/new", &fields).await?;
        secretary.post(&format!("{vote}/post"), &[Field::Text("signed", "业主委员会（演示）")]).await?;
        if let Some(slot) = self.made.get_mut(usize::from(which == Which::Estate)) {
            *slot = Some(vote);
        }
        Ok(())
    }

    fn vote(&self, which: Which) -> anyhow::Result<&str> {
        self.made.get(usize::from(which == Which::Estate)).and_then(Option::as_deref).context("no such vote yet")
    }

    async fn open(&self, which: Which, closes: Ts) -> anyhow::Result<()> {
        let day = closes.local().date().to_string();
        let fields = [Field::Text("closes_on", &day), Field::Text("declared", "")];
        self.browser("shuji").await?.post(&format!("{}/open", self.vote(which)?), &fields).await.map(drop)
    }

    /// Most homes say something, most of those yes.
    async fn cast(&self, which: Which) -> anyhow::Result<()> {
        let (worker, vote) = (self.browser("shequ").await?, self.vote(which)?);
        let within =
            |home: &&Home| which == Which::Estate || home.key.starts_with(&format!("{}/{}/", self.estate, self.building));
        let out_of_seven = if which == Which::Estate { 4 } else { 6 };
        let come = self.homes.iter().filter(within).enumerate().filter(|(n, _)| n % 7 < out_of_seven).take(CAST_MOST);
        for (n, home) in come {
            let said = match n % 11 {
                3 => "n",
                7 => "a",
                _ => "y",
            };
            let fields = [Field::Text("home", &home.label), Field::Text("way", "doorstep"), Field::Text("topic_1", said)];
            worker.post(&format!("{vote}/ballots"), &fields).await?;
        }
        Ok(())
    }

    /// What the job of the program does every minute.
    async fn count(&self) -> anyhow::Result<()> {
        let office = self.built.hall.service::<BallotOffice>().map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut tx = self.db.begin(self.ground.district).await?;
        let ctx = Ctx::system("ballot.close", self.built.hall.clock(), self.built.hall.rng());
        linli_ballot::commands::sweep(&ctx, &mut tx, &office, 10).await?;
        Ok(tx.commit().await?)
    }
}

/// The homes of an estate, out of the file of homes.
fn homes_of(table: &str, estate: &str) -> Vec<Home> {
    let mut lines = table.trim_start_matches('\u{feff}').lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let at = |name: &str| head.iter().position(|column| *column == name);
    let columns = ["estate_code", "building", "entrance", "room", "area_m2"].map(at);
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [code, building, entrance, room, area] =
            columns.map(|at| at.and_then(|at| cells.get(at).copied()).unwrap_or_default());
        (code == estate).then(|| Home {
            key: format!("{code}/{building}/{entrance}/{room}"),
            label: format!("{building} {entrance} {room}"),
            area: area.to_owned(),
        })
    };
    lines.filter_map(row).collect()
}
