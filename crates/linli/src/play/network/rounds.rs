//! Expert rounds of the demonstration: a group is made, goes to the second hospital and to the lead, finds, is answered, looks again.

use anyhow::{Context as _, ensure};
use linli_kernel::Ts;

use super::super::ACTING;
use super::super::browser::Field;
use super::Network;
use crate::demo::network::{LEAD_CODE, SECOND_CODE};

/// What is done, each at its own time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// The health bureau makes the group.
    Group,
    /// A round is planned: to whom, how, in how many days.
    Plan(&'static str, &'static str, i64),
    /// In the so manieth round something is found.
    Find(usize, &'static str, &'static str),
    /// In the so manieth round an opinion is given on who lies there.
    Advise(usize, &'static str),
    /// The so manieth round is held.
    Hold(usize, &'static str),
    /// The house of this login answers what was found of the matter.
    Answer(&'static str, &'static str, &'static str),
    /// The group looks again at what was found of the matter.
    Look(&'static str, &'static str, &'static str),
}

/// The steps with their times; one finding stays without an answer until it is overdue.
pub(super) fn steps(before: impl Fn(i64, i8) -> Ts, minutes: impl Fn(i64) -> Ts) -> impl Iterator<Item = (Ts, Step)> {
    [
        (before(5, 10), Step::Group),
        (before(4, 10), Step::Plan(SECOND_CODE, "on_site", 0)),
        (before(4, 14), Step::Find(0, "氧疗和呼吸支持升级不及时", "两例经鼻高流量上调晚于预警")),
        (before(4, 15), Step::Find(0, "病历、交接记录不全", "夜班交接缺签名")),
        (before(4, 16), Step::Hold(0, "每班增加一次重症预警查房")),
        (before(3, 10), Step::Answer("chuangwei2", "氧疗和呼吸支持升级不及时", "已增加夜间查房，附排班")),
        (before(2, 15), Step::Look("氧疗和呼吸支持升级不及时", "pass", "抽查五份病历，均按时升级")),
        (minutes(280), Step::Plan(LEAD_CODE, "remote", 0)),
        (minutes(260), Step::Advise(1, "俯卧位每日不少于 12 小时；两小时后复查血气，氧合不升则上调高流量")),
        (minutes(255), Step::Find(1, "俯卧位治疗没有落实", "病区俯卧位时长未记录")),
        (minutes(250), Step::Hold(1, "病区统一使用俯卧位时长记录单")),
        (minutes(100), Step::Answer("chuangwei", "俯卧位治疗没有落实", "记录单已启用")),
        (minutes(80), Step::Plan(SECOND_CODE, "on_site", 1)),
    ]
    .into_iter()
}

/// What stands in a page after a mark, up to the next quotation mark.
fn after<'p>(page: &'p str, mark: &str) -> anyhow::Result<&'p str> {
    let rest = page.split_once(mark).with_context(|| format!("{mark} is not on the page"))?.1;
    Ok(rest.split_once('"').context("no end")?.0)
}

/// The value of the choice of a form that holds these words.
fn choice(page: &str, words: &str) -> anyhow::Result<String> {
    let offered = page.split("<option value=\"").filter_map(|rest| rest.split_once("</option>")).map(|(option, _)| option);
    let found =
        offered.filter_map(|option| option.split_once('"')).find(|(value, text)| !value.is_empty() && text.contains(words));
    Ok(found.with_context(|| format!("no choice {words}"))?.0.to_owned())
}

impl Network<'_> {
    pub(super) async fn experts(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Group => self.group().await,
            Step::Plan(code, mode, days) => self.plan(code, mode, days).await,
            Step::Find(n, matter, told) => {
                let (expert, round) = (self.browser("zhuanjia").await?, self.round(n)?);
                let matter = choice(&expert.get(round).await?, matter)?;
                expert.post(&format!("{round}/findings"), &[Field::Text("matter", &matter), Field::Text("told", told)]).await?;
                Ok(())
            }
            Step::Advise(n, said) => {
                let (expert, round) = (self.browser("zhuanjia").await?, self.round(n)?);
                // The only one who lies there by then.
                let patient = choice(&expert.get(round).await?, "** · ")?;
                expert.post(&format!("{round}/opinions"), &[Field::Text("patient", &patient), Field::Text("said", said)]).await?;
                Ok(())
            }
            Step::Hold(n, advice) => {
                let path = format!("{}/hold", self.round(n)?);
                self.browser("zhuanjia").await?.post(&path, &[Field::Text("advice", advice)]).await?;
                Ok(())
            }
            Step::Answer(login, matter, said) => {
                let house = self.browser(login).await?;
                let path = format!("{}/answer", finding(&house.get("/rounds/findings").await?, matter)?);
                house.post(&path, &[Field::Text("said", said)]).await?;
                Ok(())
            }
            Step::Look(matter, word, said) => {
                let expert = self.browser("zhuanjia").await?;
                let path = format!("{}/look", finding(&expert.get("/rounds/findings").await?, matter)?);
                expert.post(&path, &[Field::Text("do", word), Field::Text("said", said)]).await?;
                Ok(())
            }
        }
    }

    async fn group(&self) -> anyhow::Result<()> {
        let officer = self.browser("weijian").await?;
        let today = ACTING.get().local().date().to_string();
        let fields = [Field::Text("name", "市级专家一组（演示）"), Field::Text("from_day", &today), Field::Text("to_day", "")];
        officer.post("/rounds/groups", &fields).await?;
        let page = officer.get("/rounds/groups").await?;
        let group = after(&page, "action=\"/rounds/groups/")?;
        let offered =
            page.split_once("name=\"person\">").context("no experts")?.1.split_once("</select>").context("no experts")?.0;
        let experts: Vec<&str> =
            offered.split("<option value=\"").skip(1).filter_map(|option| option.split_once('"')).map(|(id, _)| id).collect();
        ensure!(experts.len() == 2, "{} experts are offered", experts.len());
        for (person, speciality) in experts.into_iter().zip(["intensive", "respiratory"]) {
            let fields = [Field::Text("do", "join"), Field::Text("person", person), Field::Text("speciality", speciality)];
            officer.post(&format!("/rounds/groups/{group}"), &fields).await?;
        }
        Ok(())
    }

    async fn plan(&mut self, code: &str, mode: &str, days: i64) -> anyhow::Result<()> {
        let officer = self.browser("weijian").await?;
        let page = officer.get("/rounds").await?;
        let (institution, group) = (self.id(code)?.to_string(), choice(&page, "市级专家一组")?);
        let day = ACTING.get().plus_secs(days * 86_400).local().date().to_string();
        let fields = [
            Field::Text("institution", &institution),
            Field::Text("group", &group),
            Field::Text("mode", mode),
            Field::Text("day", &day),
        ];
        let planned = officer.post("/rounds", &fields).await?;
        ensure!(planned.starts_with("/rounds/"), "not planned: {}", super::super::browser::words(&planned));
        self.rounds.push(planned);
        Ok(())
    }

    fn round(&self, n: usize) -> anyhow::Result<&str> {
        Ok(self.rounds.get(n).context("not planned yet")?)
    }
}

/// The address of what was found of a matter, on the page of what is open.
fn finding(page: &str, matter: &str) -> anyhow::Result<String> {
    let links = page.split("href=\"/rounds/findings/").skip(1).filter_map(|rest| rest.split_once("</a>")).map(|(link, _)| link);
    let found = links.filter_map(|link| link.split_once('"')).find(|(_, text)| text.contains(matter));
    Ok(format!("/rounds/findings/{}", found.with_context(|| format!("nothing found of {matter}"))?.0))
}
