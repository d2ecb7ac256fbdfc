//! The ground of the demonstration: divisions, estates, homes, grids, people, appointments, outlines, what is posted.

use anyhow::{Context as _, ensure};
use linli_access::Ctx;
use linli_board::commands::{SetPledge, set_pledge};
use linli_db::Db;
use linli_identity::commands::SetUp;
use linli_identity::commands::{
    choose_appointment, create_account, make_password_link, make_setup_link, open_session, set_password_by_link, set_up,
};
use linli_identity::model::{DoorRules, Token, paper_code};
use linli_identity::passwords::Passwords;
use linli_kernel::{DistrictId, PlacePath};
use linli_situation::commands::publish;
use linli_situation::model::{Counted, Precision, Published};

use super::CHANCE;
use super::browser::{Browser, Field};
use crate::Machine;
use crate::cli::Profile;
use crate::demo::{self, Demo};
use crate::house::{Built, Chore, for_districts};

/// The district of the demonstration.
pub struct Ground {
    /// Its number.
    pub district: DistrictId,
}

const DISTRICT: &str = "320102";
/// The system that the cases of the hotline come from. It is none.
const HOTLINE: &str = "demo-12345";

/// Lays it through the administrator's page; the administrator's session is drawn by `secrets`.
pub async fn lay((ctx, secrets): (&Ctx, &Ctx), db: &Db, built: &Built, demo: &Demo) -> anyhow::Result<Ground> {
    let mut tx = db.begin(DistrictId::CITY).await?;
    linli_territory::commands::ensure_reference_data(ctx, &mut tx).await?;
    tx.commit().await?;
    let administrator = Browser::signed_in(built.router.clone(), administrator(secrets, db).await?);
    let outlines = serde_json::to_vec(&demo.boundaries)?;
    let tables = &demo.tables;
    let files: [(&str, &[u8], &str); 8] = [
        ("divisions", super::DIVISIONS.as_bytes(), ""),
        ("boundaries", &outlines, "wgs84"),
        ("estates", tables.estates.as_bytes(), ""),
        ("homes", tables.homes.as_bytes(), ""),
        ("grids", tables.grids.as_bytes(), ""),
        ("people", tables.people.as_bytes(), ""),
        ("appointments", tables.appointments.as_bytes(), ""),
        // The list of the hotline before what it sends.
        ("classes", demo::CLASSES.as_bytes(), ""),
    ];
    for (kind, bytes, crs) in files {
        let fields = [
            Field::Text("kind", kind),
            Field::Text("district", DISTRICT),
            Field::Text("crs", crs),
            Field::Text("report", "csv"),
            Field::File("file", kind, "text/csv", bytes),
        ];
        bring_in(&administrator, kind, &fields).await.with_context(|| format!("the {kind}"))?;
    }
    let found = linli_territory::queries::district_by_division(&mut db.read().await?.conn(), DISTRICT).await?;
    let (district, top) = found.context("the district was not opened")?;
    for_districts(ctx, db, Chore::Codes).await?;
    let mut tx = db.begin(district).await?;
    let pledge = SetPledge {
        place: top.clone(),
        text: Some("急修半小时内到场，一般报修按公示的时间办好；修好请您确认，您说好才算好。".to_owned()),
        duty_phone: Some("025-0000-2400".to_owned()),
        valid_from: None,
        valid_to: None,
    };
    set_pledge(ctx, &mut tx, pledge).await?;
    for figure in published(&top) {
        publish(ctx, &mut tx, figure).await?;
    }
    tx.commit().await?;
    Ok(Ground { district })
}

/// Takes in what other systems have, by the same page: cases of one, tickets of the city's hotline, organisations without an account. The
/// administrator signs in again for it: the new password ended the session.
pub async fn take_in_hotline(secrets: &Ctx, db: &Db, built: &Built, (cases, tickets): (&str, &str)) -> anyhow::Result<()> {
    let administrator = administrator_again(secrets, db, built).await?;
    let fields = [
        Field::Text("kind", "cases"),
        Field::Text("district", DISTRICT),
        Field::Text("crs", "wgs84"),
        Field::Text("system", HOTLINE),
        Field::Text("report", "csv"),
        Field::File("file", "cases.csv", "text/csv", cases.as_bytes()),
    ];
    bring_in(&administrator, "hotline", &fields).await?;
    for (kind, rows) in [("people", demo::UNITS), ("hotline", tickets)] {
        let fields = [
            Field::Text("kind", kind),
            Field::Text("district", DISTRICT),
            Field::Text("report", "csv"),
            Field::File("file", kind, "text/csv", rows.as_bytes()),
        ];
        bring_in(&administrator, &format!("{kind} of others"), &fields).await.with_context(|| format!("the {kind} of others"))?;
    }
    Ok(())
}

/// Takes in the institutions of the treatment network, by the same page.
pub async fn take_in_institutions(secrets: &Ctx, db: &Db, built: &Built, rows: &[u8]) -> anyhow::Result<()> {
    let administrator = administrator_again(secrets, db, built).await?;
    let fields = [
        Field::Text("kind", "institutions"),
        Field::Text("district", DISTRICT),
        Field::Text("crs", "wgs84"),
        Field::Text("report", "csv"),
        Field::File("file", "institutions.csv", "text/csv", rows),
    ];
    bring_in(&administrator, "institutions", &fields).await
}

/// The administrator, signed in anew.
pub(super) async fn administrator_again(secrets: &Ctx, db: &Db, built: &Built) -> anyhow::Result<Browser> {
    let mut tx = db.begin(DistrictId::CITY).await?;
    let account = linli_identity::queries::account_by_login(secrets, &mut tx.conn()?, "admin").await?;
    let session = open_session(secrets, &mut tx, account.context("no administrator")?, &DoorRules::default()).await?;
    tx.commit().await?;
    Ok(Browser::signed_in(built.router.clone(), session))
}

/// Somebody of the tour at a browser, and the name of the organisation that appointed them.
pub async fn sign_in(
    (secrets, db, built): (&Ctx, &Db, &Built),
    (demo, ground): (&Demo, &Ground),
    login: &str,
) -> anyhow::Result<(Browser, String)> {
    let district = ground.district;
    let mut logins = demo.tour.logins.iter();
    let who = logins.find(|known| known.login == login).with_context(|| format!("no {login} in the tour"))?;
    let held = {
        let mut read = db.read().await?;
        let c = &mut read.conn();
        let person = linli_people::queries::person_by_code(c, district, &who.person_code).await?.context("no such person")?;
        let held = linli_people::queries::appointments_of(c, district, person.id, secrets.now()).await?;
        held.into_iter().find(|held| held.role.as_str() == who.role).with_context(|| format!("{login} has no such post"))?
    };
    let mut tx = db.begin(DistrictId::CITY).await?;
    let account = linli_identity::queries::account_by_login(secrets, &mut tx.conn()?, login).await?;
    let session = open_session(secrets, &mut tx, account.context("no such login")?, &DoorRules::default()).await?;
    choose_appointment(secrets, &mut tx, &session, held.id).await?;
    tx.commit().await?;
    Ok((Browser::signed_in(built.router.clone(), session), held.organisation.unwrap_or_default()))
}

/// Sends a file through the administrator's page and waits until it is in, every row of it. The requests have chance of their own: how
/// often somebody looks whether it is in must not change what is drawn for the rows.
async fn bring_in(administrator: &Browser, name: &str, fields: &[Field<'_>]) -> anyhow::Result<()> {
    let chance = demo::stream(demo::SEED, &format!("bringing in {name}"));
    CHANCE.scope(chance, send(administrator, fields)).await
}

/// Sends a file and waits until it is in, every row of it.
pub async fn send(administrator: &Browser, fields: &[Field<'_>]) -> anyhow::Result<()> {
    let run = administrator.post("/admin/import", fields).await?;
    let page = loop {
        let page = administrator.get(&format!("{run}?wait=1")).await?;
        if !page.contains("data-import=\"running\"") {
            break page;
        }
    };
    ensure!(
        page.contains("data-import=\"done\"") && page.contains("data-rejected=\"0\"") && !page.contains("data-import=\"failed\""),
        "not every row was taken: {}",
        super::browser::words(&page)
    );
    Ok(())
}

/// What was published about the district that this one has the shape of, as printed. Some of it does not add up ("about 40 %
/// scattered", of the old estates, would be fewer than the 216 scattered ones in care); the page shows that.
fn published(top: &PlacePath) -> Vec<Published> {
    const EXACTLY: Precision = Precision::Exactly;
    let figures = [
        (Counted::Estates, 566, EXACTLY, None),
        (Counted::Old, 437, EXACTLY, None),
        (Counted::Scattered, 40, Precision::About, Some(Counted::Old)),
        (Counted::InCare, 268, EXACTLY, None),
        (Counted::InCareClosed, 52, EXACTLY, None),
        (Counted::InCareScattered, 216, EXACTLY, None),
        (Counted::AreaInCare, 470_000_000, Precision::Over, None),
        (Counted::HouseholdsInCare, 60_000, EXACTLY, None),
    ];
    let one = |(figure, value, precision, share_of)| Published {
        place: top.clone(),
        figure,
        value,
        share_of,
        precision,
        source: "《光明日报》".to_owned(),
        published_on: jiff::civil::date(2023, 1, 6),
    };
    figures.into_iter().map(one).collect()
}

/// The first administrator, by the setup link as anybody's first administrator.
pub async fn administrator(ctx: &Ctx, db: &Db) -> anyhow::Result<Token> {
    let rules = DoorRules::default();
    let mut tx = db.begin(DistrictId::CITY).await?;
    let link = make_setup_link(ctx, &mut tx, &rules).await?.context("there is an administrator already")?;
    let password_hash = Passwords::new(1)?.hash(ctx.rng.as_ref(), &Token::random(ctx.rng.as_ref()).0).await?;
    let input = SetUp { name: "演示管理员".to_owned(), login: "admin".to_owned(), password_hash };
    let account = set_up(ctx, &mut tx, &link, input).await?;
    let session = open_session(ctx, &mut tx, account, &DoorRules { session_secs: 400 * 86_400, ..rules }).await?;
    tx.commit().await?;
    Ok(session)
}

/// Opens the accounts a visitor can sign in with, each with a password of its own, and gives the sheet that names them.
pub async fn open_accounts(
    (ctx, db, machine): (&Ctx, &Db, &Machine),
    demo: &Demo,
    ground: &Ground,
    profile: Profile,
) -> anyhow::Result<String> {
    let passwords = Passwords::new(2)?;
    let rules = DoorRules::default();
    let mut sheet = String::from("演示账号 / logins of the demonstration (invented people, invented data)\n");
    let entrance = linli_territory::queries::resolve(&mut db.read().await?.conn(), ground.district, &demo.tour.entrance).await?;
    let entrance = entrance.context("the entrance of the tour")?;
    let code = linli_board::queries::nearest_code(&mut db.read().await?.conn(), ground.district, &entrance.path).await?;
    let code = code.context("the board of the tour")?;
    sheet.push_str(&format!("公告牌 / a board to begin with: {{address}}/b/{code}\n登录 / sign in: {{address}}/login\n"));
    let mut accounts = Vec::new();
    for login in demo.tour.logins.iter().filter(|login| login.is_in(profile)) {
        let person =
            linli_people::queries::person_by_code(&mut db.read().await?.conn(), ground.district, &login.person_code).await?;
        let person = person.with_context(|| format!("no person {}", login.person_code))?;
        accounts.push((login.login.as_str(), login.who_zh.as_str(), login.who_en, Some(person.id)));
    }
    accounts.push(("admin", "系统管理员", "administrator", None));
    for (login, zh, en, person) in accounts {
        let password = format!("Demo-{}", paper_code(machine.rng.as_ref()).to_lowercase());
        let hash = passwords.hash(machine.rng.as_ref(), &password).await?;
        let mut tx = db.begin(DistrictId::CITY).await?;
        let account = match person {
            Some(person) => create_account(ctx, &mut tx, ground.district, person, login).await?,
            None => linli_identity::queries::account_by_login(ctx, &mut tx.conn()?, login).await?.context("no administrator")?,
        };
        let link = make_password_link(ctx, &mut tx, account, &rules).await?;
        set_password_by_link(ctx, &mut tx, &link, &hash, [127, 0, 0, 1].into()).await?;
        tx.commit().await?;
        sheet.push_str(&format!("  {login:<10} {password}   {zh} / {en}\n"));
    }
    Ok(sheet)
}
