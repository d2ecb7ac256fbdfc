//! Those who live alone and agreed: registered at the door by the community of the tour five days before the end, and a few visits; those of
//! them who agreed to readings are followed by the family doctor of the tour. The door of the entrance, which knows who comes in, hears all of
//! them but the last, who has no device yet; of the one who cannot go out it hears nothing that counts. Both are shown as not watched and are to be telephoned. The
//! watch begins with the server; nobody is silent yet.

use anyhow::{Context as _, ensure};
use jiff::ToSpan as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::Ts;

use super::browser::{Browser, Field, after};
use super::ground::{Ground, administrator_again, sign_in};
use super::{ACTING, CHANCE};
use crate::demo::{self, Demo};
use crate::house::Built;

/// Somebody who is registered. All of it is invented.
struct Somebody {
    name: &'static str,
    /// The rule chosen.
    profile: &'static str,
    /// Who is told when nobody opens.
    relation: &'static str,
    /// What else is agreed to.
    more: &'static [&'static str],
    /// Where a worried neighbour asked that somebody look in.
    worry: &'static str,
    /// What the family doctor enters, where readings were agreed to.
    followed: Option<Followed>,
}

/// Somebody who is followed. Readings are of the last four days and of the end; nothing was told where they are empty.
struct Followed {
    born: &'static str,
    disease: &'static str,
    vaccination: &'static str,
    /// Saturation and temperature.
    readings: [(&'static str, &'static str); 5],
    oximeter: bool,
}

const fn somebody(name: &'static str, profile: &'static str, relation: &'static str, more: &'static [&'static str]) -> Somebody {
    Somebody { name, profile, relation, more, worry: "", followed: None }
}

const NONE: (&str, &str) = ("", "");

const PEOPLE: [Somebody; 9] = [
    somebody("田桂芬", "not_left_home", "女儿", &["routine"]),
    // Red, and too low at the end: an alarm that waits.
    Somebody {
        worry: "两天没下楼取报纸，电话没人接",
        followed: Some(Followed {
            born: "1939-04-02",
            disease: "stable",
            vaccination: "partial",
            readings: [("97", "36.6"), ("96", "36.8"), ("96", "36.7"), ("95", "37.2"), ("92", "37.8")],
            oximeter: true,
        }),
        ..somebody("宋德清", "no_sign", "儿子", &["routine", "readings"])
    },
    // Red, too low the day before: a referral; nothing was told since.
    Somebody {
        followed: Some(Followed {
            born: "1936-09-15",
            disease: "unstable",
            vaccination: "unvaccinated",
            readings: [("95", "36.9"), ("94", "37.1"), ("94", "37.4"), ("91", "38.1"), NONE],
            oximeter: true,
        }),
        ..somebody("韩素云", "housebound", "侄女", &["readings", "hospital"])
    },
    Somebody { worry: "邻居说昨晚听见摔东西的声音", ..somebody("蒋宝根", "not_left_home_36", "", &[]) },
    // Yellow.
    Somebody {
        followed: Some(Followed {
            born: "1951-02-20",
            disease: "stable",
            vaccination: "partial",
            readings: [("97", "36.5"), NONE, NONE, ("98", "36.6"), NONE],
            oximeter: false,
        }),
        ..somebody("魏玉琴", "no_sign_24", "女儿", &["routine", "readings"])
    },
    Somebody { worry: "订的牛奶三天没有拿", ..somebody("曹永福", "not_left_home", "儿子", &[]) },
    // Green.
    Somebody {
        followed: Some(Followed {
            born: "1955-12-11",
            disease: "none",
            vaccination: "full",
            readings: [("98", "36.4"), NONE, NONE, NONE, NONE],
            oximeter: false,
        }),
        ..somebody("叶爱珍", "not_left_home", "外孙", &["readings"])
    },
    // Agreed to readings, and nobody has judged the risk yet.
    somebody("沈立民", "no_sign", "", &["routine", "readings"]),
    // The table does not say which colour: a physician has to.
    Somebody {
        followed: Some(Followed {
            born: "1943-06-30",
            disease: "unstable",
            vaccination: "full",
            readings: [("96", "36.6"), ("96", "36.5"), ("97", "36.6"), ("96", "36.7"), NONE],
            oximeter: false,
        }),
        ..somebody("余秀兰", "not_left_home", "女儿", &["hospital", "readings"])
    },
];
/// Rooms that are tried one after the other; not every entrance has all of them.
const ROOMS: [&str; 12] = ["101", "102", "201", "202", "301", "302", "401", "402", "501", "502", "601", "602"];
/// Oximeters issued to the station of the doctor.
const OXIMETERS: &str = "20";

/// Boxes taken in at the station: medicine, lot, days until it expires, boxes.
const STOCK: [(&str, &str, i64, &str); 4] = [
    ("nirmatrelvir", "DEMO-2601", 200, "24"),
    ("nirmatrelvir", "DEMO-2512", 40, "3"),
    ("molnupiravir", "DEMO-M07", 300, "30"),
    ("azvudine", "DEMO-A11", 150, "40"),
];

/// What is done, each at its own time.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Registered at the door.
    Enrol,
    /// The door of the entrance is kept as a device, and hears them.
    Door,
    /// It is heard still.
    DoorLives,
    /// The risk is entered, oximeters are issued and lent.
    Follow,
    /// Readings of the so manieth of the last days are told.
    Readings(usize),
    /// The doctor asks that somebody be seen.
    Refer,
    /// The station says what it offers, takes medicines in, and a few are used.
    Station,
    /// Whoever has an alarm is given the next place for oxygen.
    Oxygen,
    /// Neighbours are worried, and two of the visits are made.
    Visits,
}

/// Those who are watched and followed, while the play goes on.
pub struct Care<'a> {
    secrets: &'a Ctx,
    db: &'a Db,
    built: &'a Built,
    demo: &'a Demo,
    ground: &'a Ground,
    steps: std::vec::IntoIter<(Ts, Step)>,
    /// The ids of those who are registered, as the addresses of their pages have them; in the order of [`PEOPLE`].
    people: Vec<String>,
    /// Where the door pushes to.
    door: String,
}

impl<'a> Care<'a> {
    /// Nothing is done yet.
    pub fn new((secrets, db, built): (&'a Ctx, &'a Db, &'a Built), (demo, ground): (&'a Demo, &'a Ground), end: Ts) -> Self {
        let before = |days: i64, hour: i8| {
            let day = end.local().date().checked_sub(days.days()).ok();
            day.and_then(|day| Ts::from_local(day.at(hour, 0, 0, 0))).unwrap_or(end)
        };
        let steps = vec![
            (before(5, 10), Step::Enrol),
            (before(5, 11), Step::Door),
            (before(5, 14), Step::Follow),
            (before(5, 15), Step::Station),
            (before(4, 10), Step::Readings(0)),
            (before(3, 10), Step::Readings(1)),
            (before(2, 10), Step::Readings(2)),
            (before(1, 10), Step::Readings(3)),
            (before(1, 11), Step::Refer),
            (end, Step::DoorLives),
            (end, Step::Readings(4)),
            (end, Step::Oxygen),
            (end, Step::Visits),
        ];
        Self { secrets, db, built, demo, ground, steps: steps.into_iter(), people: Vec::new(), door: String::new() }
    }

    /// Does what is to be done up to then, each step at its time.
    pub async fn until(&mut self, over: Ts) -> anyhow::Result<()> {
        while let Some((at, step)) = self.steps.as_slice().first().copied().filter(|(at, _)| *at <= over) {
            self.steps.next();
            let chance = demo::stream(demo::SEED, &format!("care: {step:?}"));
            let done = CHANCE.scope(chance, ACTING.scope(at, self.act(step)));
            done.await.with_context(|| format!("care of those who agreed: {step:?}"))?;
        }
        Ok(())
    }

    async fn act(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Enrol => self.enrol().await,
            Step::Door => self.door().await,
            Step::DoorLives => self.door_lives().await,
            Step::Follow => self.follow().await,
            Step::Readings(day) => self.readings(day).await,
            Step::Refer => self.refer().await,
            Step::Station => self.station().await,
            Step::Oxygen => self.oxygen().await,
            Step::Visits => self.visits().await,
        }
    }

    /// Registers them through the pages of the community worker.
    async fn enrol(&mut self) -> anyhow::Result<()> {
        let (community, _) = self.staff("shequ").await?;
        let homes = self.homes().await?;
        for (number, (one, home)) in PEOPLE.iter().zip(&homes).enumerate() {
            let phone = demo::unreal_phone(9_000 + number);
            let contact = format!("{}家{}", one.name.chars().next().unwrap_or_default(), one.relation);
            let contact_phone = demo::unreal_phone(9_100 + number);
            let form = community.get("/care/enrol").await?;
            let mut fields = vec![
                Field::Text("home", home),
                Field::Text("name", one.name),
                Field::Text("phone", &phone),
                Field::Text("profile", one.profile),
                Field::Text("purpose", "watch"),
                Field::Text("mark", after(&form, "name=\"mark\" value=\"")?),
                Field::Text("channel", "doorstep"),
                Field::Text("witness", "楼栋邻居"),
                Field::Text("given_by", "own"),
                Field::Text("assessment", "独居；只判断是否平安，不记录行踪，可随时撤回。"),
            ];
            fields.extend(one.more.iter().map(|purpose| Field::Text("purpose", purpose)));
            if !one.relation.is_empty() {
                fields.push(Field::Text("contact_name", &contact));
                fields.push(Field::Text("contact_relation", one.relation));
                fields.push(Field::Text("contact_phone", &contact_phone));
            }
            let page = community.post("/care/enrol", &fields).await?;
            self.people.push(after(&page, "/care/people/")?.split('/').next().unwrap_or_default().to_owned());
        }
        Ok(())
    }

    /// The administrator keeps the door with its reader, and maps everybody but the last by the number on the page of the registration.
    async fn door(&mut self) -> anyhow::Result<()> {
        let administrator = administrator_again(self.secrets, self.db, self.built).await?;
        let district = self.ground.district.to_string();
        let fields = [
            Field::Text("district", &district),
            Field::Text("kind", "access"),
            Field::Text("name", "单元门禁"),
            Field::Text("place", self.demo.tour.entrance.as_str()),
            Field::Text("owner", "物业服务中心"),
            Field::Text("means", "in"),
        ];
        let page = administrator.post("/admin/devices", &fields).await?;
        let device = after(&page, &format!("/admin/devices/{district}/"))?.split('/').next().unwrap_or_default().to_owned();
        self.door = format!("/api/v1/devices/hikvision/{}", after(&page, "/api/v1/devices/hikvision/")?);
        let label = format!("/admin/devices/{district}/{device}/label");
        for (number, person) in self.people.iter().enumerate().take(PEOPLE.len() - 1) {
            let card = format!("{:06}", 417 + number);
            administrator.post(&label, &[Field::Text("label", &card), Field::Text("person", person)]).await?;
        }
        self.door_lives().await
    }

    /// The door says that it lives, and the watch is told whom it hears.
    async fn door_lives(&self) -> anyhow::Result<()> {
        Browser::visitor(self.built.router.clone()).push(&self.door, "{\"eventType\":\"heartBeat\"}").await?;
        Ok(linli_devices::commands::tell_news(self.secrets, self.db, &self.built.devices).await?)
    }

    /// Those who agreed to readings and whom the doctor follows, with the ids of their pages.
    fn followed(&self) -> impl Iterator<Item = (&Followed, &String)> {
        PEOPLE.iter().zip(&self.people).filter_map(|(one, id)| Some((one.followed.as_ref()?, id)))
    }

    async fn follow(&self) -> anyhow::Result<()> {
        let (doctor, station) = self.staff("yisheng").await?;
        let station = self.institution(&station).await?;
        let (district, _) = self.staff("quzhiban").await?;
        district.post("/care/oximeters", &[Field::Text("institution", &station), Field::Text("count", OXIMETERS)]).await?;
        for (one, id) in self.followed() {
            let fields = [
                Field::Text("born", one.born),
                Field::Text("disease", one.disease),
                Field::Text("vaccination", one.vaccination),
                Field::Text("institution", &station),
            ];
            doctor.post(&format!("/care/follow/{id}/factors"), &fields).await?;
            if one.oximeter {
                doctor.post(&format!("/care/follow/{id}/oximeter"), &[]).await?;
            }
        }
        Ok(())
    }

    /// Places for oxygen and boxes of medicines at the station; two prescriptions, one of which is handed out.
    async fn station(&self) -> anyhow::Result<()> {
        let (doctor, station) = self.staff("yisheng").await?;
        let station = self.institution(&station).await?;
        let today = ACTING.get().local().date();
        let from_day = today.to_string();
        let mut offer = vec![
            Field::Text("from_day", &from_day),
            Field::Text("opens", "00:00"),
            Field::Text("closes", "24:00"),
            Field::Text("slot_minutes", "60"),
            Field::Text("places", "3"),
        ];
        offer.extend(["0", "1", "2", "3", "4", "5", "6"].map(|day| Field::Text("weekday", day)));
        doctor.post(&format!("/care/oxygen/{station}/offer"), &offer).await?;
        for (medicine, lot, days, boxes) in STOCK {
            let expires = today.checked_add(days.days())?.to_string();
            let fields = [
                Field::Text("kind", "received"),
                Field::Text("medicine", medicine),
                Field::Text("lot", lot),
                Field::Text("expires", &expires),
                Field::Text("quantity", boxes),
            ];
            doctor.post(&format!("/care/antivirals/{station}/entries"), &fields).await?;
        }
        for ((_, id), handed_out) in self.followed().zip([true, false]) {
            let fields = [
                Field::Text("onset", &from_day),
                Field::Text("medicine", "molnupiravir"),
                Field::Text("quantity", "1"),
                Field::Text("because", "发热、咳嗽一天，抗原阳性，高龄"),
                Field::Text("seen", "1"),
            ];
            doctor.post(&format!("/care/follow/{id}/antivirals/decide"), &fields).await?;
            if handed_out {
                let page = doctor.get(&format!("/care/antivirals/{station}")).await?;
                let decision = after(&page, "/care/antivirals/decisions/")?.split('/').next().unwrap_or_default().to_owned();
                let put = format!("/care/antivirals/decisions/{decision}/put");
                doctor.post(&put, &[Field::Text("to", "dispensed")]).await?;
            }
        }
        Ok(())
    }

    /// One tap on each alarm that waits, where a place is offered for it.
    async fn oxygen(&self) -> anyhow::Result<()> {
        let (doctor, _) = self.staff("yisheng").await?;
        for (_, id) in self.followed() {
            let page = doctor.get(&format!("/care/follow/{id}")).await?;
            let offered = page.split("/care/alarms/").skip(1).find(|rest| rest.get(36..43) == Some("/oxygen"));
            let Some(alarm) = offered.and_then(|rest| rest.get(..36)) else { continue };
            doctor.post(&format!("/care/alarms/{alarm}/oxygen"), &[]).await?;
        }
        Ok(())
    }

    async fn readings(&self, day: usize) -> anyhow::Result<()> {
        let (doctor, _) = self.staff("yisheng").await?;
        for (one, id) in self.followed() {
            let Some((spo2, temperature)) = one.readings.get(day).filter(|reading| **reading != NONE) else { continue };
            let fields = [Field::Text("spo2", spo2), Field::Text("temperature", temperature), Field::Text("via", "phone")];
            doctor.post(&format!("/care/follow/{id}/readings"), &fields).await?;
        }
        Ok(())
    }

    /// Whoever has an alarm by then is referred.
    async fn refer(&self) -> anyhow::Result<()> {
        let (doctor, _) = self.staff("yisheng").await?;
        for (_, id) in self.followed() {
            let page = doctor.get(&format!("/care/follow/{id}")).await?;
            let Ok(alarm) = after(&page, "/care/alarms/") else { continue };
            let alarm = alarm.split('/').next().unwrap_or_default();
            let fields = [Field::Text("urgency", "2"), Field::Text("because", "静息血氧 91%，复测相同，请今天接诊")];
            doctor.post(&format!("/care/alarms/{alarm}/referral"), &fields).await?;
        }
        Ok(())
    }

    async fn visits(&self) -> anyhow::Result<()> {
        let (community, _) = self.staff("shequ").await?;
        let mut visits = Vec::new();
        for (one, id) in PEOPLE.iter().zip(&self.people).filter(|(one, _)| !one.worry.is_empty()) {
            let back = community.post(&format!("/care/people/{id}/worry"), &[Field::Text("words", one.worry)]).await?;
            visits.push(after(&community.get(&back).await?, "/care/visits/")?.to_owned());
        }
        let steps: [&[&str]; 2] = [&["take"], &["take", "phone_silent", "knock", "well"]];
        for (visit, steps) in visits.iter().zip(steps) {
            for step in steps {
                community.post(&format!("/care/visits/{visit}/{step}"), &[]).await?;
            }
        }
        Ok(())
    }

    /// Keys of homes of the entrance of the tour and, where it has too few, of the one beside it; as many as there are people.
    async fn homes(&self) -> anyhow::Result<Vec<String>> {
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        let mut found = Vec::new();
        let first = self.demo.tour.entrance.as_str();
        let beside = first.replace("1单元", "2单元");
        for key in [first, beside.as_str()].into_iter().flat_map(|entrance| ROOMS.map(|room| format!("{entrance}/{room}"))) {
            let known = linli_territory::queries::resolve(c, self.ground.district, &key).await?;
            if found.len() < PEOPLE.len() && known.is_some() {
                found.push(key);
            }
        }
        ensure!(found.len() == PEOPLE.len(), "{} homes for {} people", found.len(), PEOPLE.len());
        Ok(found)
    }

    /// The id of an institution by its name.
    async fn institution(&self, name: &str) -> anyhow::Result<String> {
        let mut read = self.db.read().await?;
        let all = linli_care::follow::queries::institutions(&mut read.conn(), self.ground.district).await?;
        let found = all.into_iter().find(|(_, known)| known == name);
        Ok(found.with_context(|| format!("no institution {name}"))?.0.to_string())
    }

    /// Somebody of the tour at a browser, and the name of the organisation that appointed them.
    async fn staff(&self, login: &str) -> anyhow::Result<(Browser, String)> {
        sign_in((self.secrets, self.db, self.built), (self.demo, self.ground), login).await
    }
}
