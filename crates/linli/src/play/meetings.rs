//! Three months of meetings in the community of the tour: two joint meetings with their results, a single matter and a hearing in between, the next one
//! called; what neighbours propose, second and say. All of it done on the pages, and invented.

use anyhow::Context as _;
use jiff::ToSpan as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{PlaceLevel, Ts};

use super::browser::{Browser, Field, after};
use super::ground::{Ground, sign_in};
use super::{ACTING, CHANCE};
use crate::demo::{self, Demo};
use crate::house::Built;

/// What is done, each at its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A neighbour proposes something at the board, somebody looks at it, homes second it.
    Propose(usize),
    /// A meeting is called.
    Call(usize),
    /// It is held, minuted and published, in the evening of its day.
    Hold(usize),
}

use Step::{Call, Hold, Propose};

/// What is proposed: one line, why, how many homes second it, what somebody says.
const PROPOSED: [(&str, &str, usize, &str); 3] = [
    ("在楼下装两把休息椅", "老人买菜回来要爬楼，楼下没有地方歇脚", 4, "支持，最好有靠背"),
    ("给电动车建充电棚", "现在有人把电池拎上楼充电，太危险", 6, "希望离楼远一点"),
    ("周末开放活动室", "孩子放假没有地方去", 1, ""),
];

/// A matter: what, what was said for and against and how it was answered, how it ended, who undertakes what within how many days.
struct Matter {
    title: &'static str,
    said: &'static [(&'static str, &'static str, &'static str, &'static str)],
    outcome: (&'static str, &'static str),
    task: Option<(&'static str, i64)>,
}

/// A meeting: its kind, title, days before the end (after it, when below 0), matters, which proposal is on its agenda.
struct Held {
    kind: &'static str,
    title: &'static str,
    days: i64,
    matters: &'static [Matter],
    proposal: Option<usize>,
}

const HELD: [Held; 5] = [
    Held {
        kind: "joint",
        title: "第一次联席会议",
        days: 54,
        matters: &[
            Matter {
                title: "楼道堆物怎样清理",
                said: &[
                    ("residents", "for", "楼道要留给人走，着火了跑不出去", ""),
                    ("residents", "against", "旧家具没有地方放", "社区联系大件垃圾免费上门收一次"),
                ],
                outcome: ("agreed", "本月底前清理，之后每周巡查一次"),
                task: Some(("清理楼道堆物并每周巡查", 20)),
            },
            Matter {
                title: "西门夜里几点关",
                said: &[("property", "advice", "先试行一个月再定", "")],
                outcome: ("deferred", ""),
                task: None,
            },
        ],
        proposal: None,
    },
    Held { kind: "single", title: "一事一议：休息椅装在哪里", days: 40, matters: &[], proposal: Some(0) },
    Held {
        kind: "joint",
        title: "第二次联席会议",
        days: 26,
        matters: &[Matter {
            title: "改建自行车棚",
            said: &[("owners_committee", "advice", "涉及共有部分，要业主一起定", "")],
            outcome: ("to_owners", "交业主表决，社区协助准备材料"),
            task: None,
        }],
        proposal: None,
    },
    Held {
        kind: "hearing",
        title: "民主议事会：听听大家对加装电梯的意见",
        days: 12,
        matters: &[Matter {
            title: "加装电梯对采光和噪声的影响",
            said: &[
                ("residents", "for", "高层老人下不了楼", ""),
                ("residents", "against", "一楼担心挡光", "请专业单位测算，结果上墙公示后再商量"),
            ],
            outcome: ("agreed", "测算结果公示后再开一次会"),
            task: Some(("公示采光测算结果", 45)),
        }],
        proposal: None,
    },
    Held { kind: "joint", title: "第三次联席会议", days: -5, matters: &[], proposal: Some(1) },
];

/// What happens when, in days before the end.
fn steps() -> Vec<(i64, Step)> {
    let mut all = vec![(56, Propose(0)), (30, Propose(1)), (9, Propose(2))];
    for (n, held) in HELD.iter().enumerate() {
        all.push(((held.days + 5).min(58), Call(n)));
        if held.days > 0 {
            all.push((held.days, Hold(n)));
        }
    }
    all
}

/// The meetings, while the play goes on.
pub struct Meetings<'a> {
    secrets: &'a Ctx,
    db: &'a Db,
    built: &'a Built,
    demo: &'a Demo,
    ground: &'a Ground,
    end: Ts,
    steps: std::vec::IntoIter<(Ts, Step)>,
    called: Vec<(usize, String)>,
    proposed: Vec<(usize, String)>,
}

impl<'a> Meetings<'a> {
    /// Nothing is done yet.
    pub fn new((secrets, db, built): (&'a Ctx, &'a Db, &'a Built), (demo, ground): (&'a Demo, &'a Ground), end: Ts) -> Self {
        let at = |days: i64, step: Step| {
            let hour = if matches!(step, Hold(_)) { 21 } else { 10 };
            let day = end.local().date().checked_sub(days.days()).ok();
            day.and_then(|day| Ts::from_local(day.at(hour, 0, 0, 0))).unwrap_or(end).min(end)
        };
        let mut all: Vec<(Ts, Step)> = steps().into_iter().map(|(days, step)| (at(days, step), step)).collect();
        all.sort_by_key(|(when, _)| *when);
        let steps = all.into_iter();
        Self { secrets, db, built, demo, ground, end, steps, called: Vec::new(), proposed: Vec::new() }
    }

    /// Does what is to be done up to then, each step at its time.
    pub async fn until(&mut self, over: Ts) -> anyhow::Result<()> {
        while let Some((at, step)) = self.steps.as_slice().first().copied().filter(|(at, _)| *at <= over) {
            self.steps.next();
            let chance = demo::stream(demo::SEED, &format!("meetings: {step:?}"));
            let done = CHANCE.scope(chance, ACTING.scope(at, self.act(step)));
            done.await.with_context(|| format!("the meetings: {step:?}"))?;
        }
        Ok(())
    }

    async fn act(&mut self, step: Step) -> anyhow::Result<()> {
        let (secretary, _) = sign_in((self.secrets, self.db, self.built), (self.demo, self.ground), "shuji").await?;
        match step {
            Propose(n) => self.propose(&secretary, n).await,
            Call(n) => self.call(&secretary, n).await,
            Hold(n) => self.hold(&secretary, n).await,
        }
    }

    async fn propose(&mut self, secretary: &Browser, n: usize) -> anyhow::Result<()> {
        let (title, body, homes, comment) = PROPOSED.get(n).copied().context("no such proposal")?;
        let entrance = self.demo.tour.entrance.as_str();
        let (board, known) = {
            let mut read = self.db.read().await?;
            let c = &mut read.conn();
            let place = linli_territory::queries::resolve(c, self.ground.district, entrance).await?.context("no entrance")?;
            let code = linli_board::queries::code_of_place(c, self.ground.district, &place.path).await?;
            let scope = linli_access::Scope { district: self.ground.district, place: place.path };
            let homes = linli_territory::queries::homes(c, &scope, None, 12).await?;
            let keys: Vec<String> = homes.into_iter().map(|home| home.place.code).collect();
            (code.context("no board")?.to_string(), keys)
        };
        let neighbour = Browser::visitor(self.built.router.clone());
        let fields = [Field::Text("title", title), Field::Text("body", body), Field::Text("phone", "")];
        neighbour.post(&format!("/council/at/{board}"), &fields).await?;
        let waiting = secretary.get("/meetings/proposals").await?;
        let id = after(&waiting, "href=\"/meetings/proposals/")?.to_owned();
        let page = format!("/meetings/proposals/{id}");
        let shown = [Field::Text("do", "show"), Field::Text("title", title), Field::Text("body", body)];
        secretary.post(&format!("{page}/look"), &shown).await?;
        for home in known.iter().take(homes) {
            let fields = [Field::Text("told_by", "doorstep"), Field::Text("home", home)];
            secretary.post(&format!("{page}/second"), &fields).await?;
        }
        if !comment.is_empty() {
            let fields = [Field::Text("told_by", "doorstep"), Field::Text("stance", "for"), Field::Text("comment", comment)];
            secretary.post(&format!("{page}/comment"), &fields).await?;
        }
        self.proposed.push((n, id));
        Ok(())
    }

    async fn call(&mut self, secretary: &Browser, n: usize) -> anyhow::Result<()> {
        let held = HELD.get(n).context("no such meeting")?;
        let (community, name) = {
            let mut read = self.db.read().await?;
            let c = &mut read.conn();
            let entrance = self.demo.tour.entrance.as_str();
            let place = linli_territory::queries::resolve(c, self.ground.district, entrance).await?.context("no entrance")?;
            let community = place.path.at_level(PlaceLevel::Community);
            let found = linli_territory::queries::place_at(c, self.ground.district, &community).await?.context("no community")?;
            (community.to_string(), found.name)
        };
        let day = self.end.local().date().checked_sub(held.days.days())?.to_string();
        let fields = [
            Field::Text("kind", held.kind),
            Field::Text("title", held.title),
            Field::Text("place", &community),
            Field::Text("day", &day),
            Field::Text("from", "19:00"),
            Field::Text("until", "20:30"),
            Field::Text("venue", "社区会议室"),
            Field::Text("convener", &name),
        ];
        let page = secretary.post("/meetings", &fields).await?;
        for matter in held.matters {
            let fields = [Field::Text("title", matter.title), Field::Text("electorate", electorate(matter))];
            secretary.post(&format!("{page}/agenda"), &fields).await?;
        }
        if let Some((_, proposal)) = held.proposal.and_then(|wanted| self.proposed.iter().find(|(n, _)| *n == wanted)) {
            let title = PROPOSED.get(held.proposal.unwrap_or_default()).map(|one| one.0).unwrap_or_default();
            let of_it = format!("title-{proposal}");
            let fields = [Field::Text("proposal", proposal.as_str()), Field::Text(&of_it, title)];
            secretary.post(&format!("{page}/agenda"), &fields).await?;
        }
        for (party, title, heads) in [("owners_committee", "业委会主任", "1"), ("residents", "居民代表", "6")] {
            let fields = [Field::Text("party", party), Field::Text("seat_title", title), Field::Text("heads", heads)];
            secretary.post(&format!("{page}/seats"), &fields).await?;
        }
        secretary.post(&format!("{page}/call"), &[Field::Text("because", "与街道活动时间冲突，提前召开")]).await?;
        self.called.push((n, page));
        Ok(())
    }

    async fn hold(&self, secretary: &Browser, n: usize) -> anyhow::Result<()> {
        let held = HELD.get(n).context("no such meeting")?;
        let (_, page) = self.called.iter().find(|(called, _)| *called == n).context("it was not called")?;
        let text = secretary.get(page).await?;
        let seats: Vec<String> = quoted(&text, "name=\"came-").into_iter().map(|seat| format!("came-{seat}")).collect();
        let came: Vec<Field<'_>> = seats.iter().map(|seat| Field::Text(seat, "present")).collect();
        let heads: Vec<(String, String)> = text
            .split("name=\"heads-")
            .skip(1)
            .filter_map(|part| Some((format!("heads-{}", part.split('"').next()?), after(part, "value=\"").ok()?.to_owned())))
            .collect();
        let heads = heads.iter().map(|(name, value)| Field::Text(name, value));
        let fields: Vec<Field<'_>> = came.into_iter().chain(heads).collect();
        secretary.post(&format!("{page}/hold"), &fields).await?;
        for matter in held.matters {
            self.discuss(secretary, page, matter).await?;
        }
        if held.matters.is_empty() {
            let item = after(&secretary.get(page).await?, "id=\"item-")?.to_owned();
            let fields = [
                Field::Text("item", &item),
                Field::Text("outcome", "agreed"),
                Field::Text("decision", "装在单元门东侧，物业采购"),
            ];
            secretary.post(&format!("{page}/decide"), &fields).await?;
        }
        let minutes = area(&secretary.get(page).await?, "id=\"f-body\"").context("no minutes")?;
        secretary.post(&format!("{page}/minutes"), &[Field::Text("body", &minutes)]).await?;
        for seat in quoted(&secretary.get(page).await?, "name=\"seat\" value=\"") {
            secretary.post(&format!("{page}/signed"), &[Field::Text("seat", &seat)]).await?;
        }
        secretary.post(&format!("{page}/approve"), &[]).await?;
        secretary.post(&format!("{page}/publish"), &[]).await?;
        Ok(())
    }

    async fn discuss(&self, secretary: &Browser, page: &str, matter: &Matter) -> anyhow::Result<()> {
        let text = secretary.get(page).await?;
        let of_it = format!(". {}</h3>", matter.title);
        let item = quoted(text.split(&of_it).next().unwrap_or_default(), "id=\"item-").pop().context("no such matter")?;
        for (party, stance, reason, answer) in matter.said {
            let fields = [
                Field::Text("item", &item),
                Field::Text("party", party),
                Field::Text("stance", stance),
                Field::Text("reason", reason),
            ];
            secretary.post(&format!("{page}/say"), &fields).await?;
            if !answer.is_empty() {
                let opinion = after(&secretary.get(page).await?, "name=\"opinion\" value=\"")?.to_owned();
                let fields = [
                    Field::Text("item", &item),
                    Field::Text("opinion", &opinion),
                    Field::Text("answered", "accepted"),
                    Field::Text("answer", answer),
                ];
                secretary.post(&format!("{page}/answer"), &fields).await?;
            }
        }
        let (outcome, decision) = matter.outcome;
        let fields = [Field::Text("item", &item), Field::Text("outcome", outcome), Field::Text("decision", decision)];
        secretary.post(&format!("{page}/decide"), &fields).await?;
        let Some((what, days)) = matter.task else { return Ok(()) };
        let text = secretary.get(page).await?;
        let owners = text.split(&format!("name=\"item\" value=\"{item}\"")).find(|part| part.contains("name=\"owner\""));
        let owner = owners.and_then(|part| after(part.split("name=\"owner\"").nth(1)?, "value=\"").ok()).context("nobody")?;
        let today = ACTING.try_with(|at| *at).unwrap_or(self.end).local().date();
        let due = today.checked_add(days.days())?.to_string();
        let fields =
            [Field::Text("item", &item), Field::Text("what", what), Field::Text("owner", owner), Field::Text("due", &due)];
        secretary.post(&format!("{page}/undertake"), &fields).await.map(drop)
    }
}

fn electorate(matter: &Matter) -> &'static str {
    if matter.outcome.0 == "to_owners" { "owners" } else { "council" }
}

/// What stands between each of these marks and the next quotation mark.
fn quoted(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).skip(1).filter_map(|part| part.split('"').next()).map(str::to_owned).collect()
}

/// What stands in a text area.
fn area(text: &str, mark: &str) -> Option<String> {
    let inside = text.split_once(mark)?.1.split_once('>')?.1.split_once("</textarea>")?.0;
    Some(inside.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&"))
}
