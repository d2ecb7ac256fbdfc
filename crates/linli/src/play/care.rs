//! Those who live alone and agreed: registered at the door by the community of the tour, and a few visits, so that the pages of care have
//! something to show. The watch begins with the server; nobody is silent yet.

use anyhow::Context as _;
use linli_access::Ctx;
use linli_db::Db;
use linli_identity::commands::{choose_appointment, open_session};
use linli_identity::model::DoorRules;
use linli_kernel::DistrictId;

use super::CHANCE;
use super::browser::{Browser, Field, after};
use super::ground::Ground;
use crate::demo::{self, Demo};
use crate::house::Built;

/// Invented: the name, the rule chosen, who is told when nobody opens, what else is agreed to, where a worried neighbour asked that somebody look in.
const PEOPLE: [(&str, &str, &str, &[&str], &str); 9] = [
    ("田桂芬", "not_left_home", "女儿", &["routine"], ""),
    ("宋德清", "no_sign", "儿子", &["routine", "readings"], "两天没下楼取报纸，电话没人接"),
    ("韩素云", "housebound", "侄女", &["readings", "hospital"], ""),
    ("蒋宝根", "not_left_home_36", "", &[], "邻居说昨晚听见摔东西的声音"),
    ("魏玉琴", "no_sign_24", "女儿", &["routine", "readings"], ""),
    ("曹永福", "not_left_home", "儿子", &[], "订的牛奶三天没有拿"),
    ("叶爱珍", "not_left_home", "外孙", &["readings"], ""),
    ("沈立民", "no_sign", "", &["routine"], ""),
    ("余秀兰", "not_left_home", "女儿", &["hospital"], ""),
];
/// Rooms that are tried one after the other; not every entrance has all of them.
const ROOMS: [&str; 12] = ["101", "102", "201", "202", "301", "302", "401", "402", "501", "502", "601", "602"];

/// Registers them through the pages of the community worker, and lets two of the visits be made.
pub async fn enrol(secrets: &Ctx, db: &Db, built: &Built, (demo, ground): (&Demo, &Ground)) -> anyhow::Result<()> {
    let community = staff(secrets, db, built, (demo, ground), "shequ").await?;
    let homes = homes(db, ground.district, &demo.tour.entrance).await?;
    let mut visits = Vec::new();
    for (number, ((name, profile, relation, more, worry), home)) in PEOPLE.iter().zip(&homes).enumerate() {
        let chance = demo::stream(demo::SEED, &format!("care of {number}"));
        let visit = CHANCE.scope(chance, async {
            let phone = demo::unreal_phone(9_000 + number);
            let contact_phone = demo::unreal_phone(9_100 + number);
            let form = community.get("/care/enrol").await?;
            let mut fields = vec![
                Field::Text("home", home),
                Field::Text("name", name),
                Field::Text("phone", &phone),
                Field::Text("profile", profile),
                Field::Text("purpose", "watch"),
                Field::Text("mark", after(&form, "name=\"mark\" value=\"")?),
                Field::Text("channel", "doorstep"),
                Field::Text("witness", "楼栋邻居"),
                Field::Text("given_by", "own"),
                Field::Text("assessment", "独居；只判断是否平安，不记录行踪，可随时撤回。"),
            ];
            fields.extend(more.iter().map(|purpose| Field::Text("purpose", purpose)));
            if !relation.is_empty() {
                fields.push(Field::Text("contact_name", relation));
                fields.push(Field::Text("contact_relation", relation));
                fields.push(Field::Text("contact_phone", &contact_phone));
            }
            let page = community.post("/care/enrol", &fields).await?;
            if worry.is_empty() {
                return anyhow::Ok(None);
            }
            let person = format!("/care/people/{}", after(&page, "/care/people/")?.split('/').next().unwrap_or_default());
            let back = community.post(&format!("{person}/worry"), &[Field::Text("words", worry)]).await?;
            Ok(Some(after(&community.get(&back).await?, "/care/visits/")?.to_owned()))
        });
        visits.extend(visit.await.with_context(|| format!("the registration of {name}"))?);
    }
    let steps: [&[&str]; 2] = [&["take"], &["take", "phone_silent", "knock", "well"]];
    for (visit, steps) in visits.iter().zip(steps) {
        for step in steps {
            community.post(&format!("/care/visits/{visit}/{step}"), &[]).await?;
        }
    }
    Ok(())
}

/// Keys of homes of the entrance of the tour and of those beside it, as many as there are people.
async fn homes(db: &Db, district: DistrictId, entrance: &str) -> anyhow::Result<Vec<String>> {
    let mut read = db.read().await?;
    let c = &mut read.conn();
    let mut found = Vec::new();
    for room in ROOMS {
        let key = format!("{entrance}/{room}");
        if found.len() < PEOPLE.len() && linli_territory::queries::resolve(c, district, &key).await?.is_some() {
            found.push(key);
        }
    }
    Ok(found)
}

/// Somebody of the tour at a browser.
async fn staff(secrets: &Ctx, db: &Db, built: &Built, (demo, ground): (&Demo, &Ground), login: &str) -> anyhow::Result<Browser> {
    let who = demo.tour.logins.iter().find(|known| known.login == login).with_context(|| format!("no {login} in the tour"))?;
    let appointment = {
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let person =
            linli_people::queries::person_by_code(c, ground.district, &who.person_code).await?.context("no such person")?;
        let held = linli_people::queries::appointments_of(c, ground.district, person.id, secrets.now()).await?;
        held.into_iter().find(|held| held.role.as_str() == who.role).with_context(|| format!("{login} has no such post"))?.id
    };
    let mut tx = db.begin(DistrictId::CITY).await?;
    let account = linli_identity::queries::account_by_login(secrets, &mut tx.conn()?, login).await?;
    let session = open_session(secrets, &mut tx, account.context("no such login")?, &DoorRules::default()).await?;
    choose_appointment(secrets, &mut tx, &session, appointment).await?;
    tx.commit().await?;
    Ok(Browser::signed_in(built.router.clone(), session))
}
