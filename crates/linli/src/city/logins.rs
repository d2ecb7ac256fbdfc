//! Who can sign in to a demonstration of the city, each with a password of its own.

use anyhow::Context as _;
use linli_identity::commands::{make_password_link, set_password_by_link};
use linli_identity::model::{DoorRules, paper_code};
use linli_identity::passwords::Passwords;
use linli_kernel::DistrictId;

use super::plan::{COORDINATOR, City, Kind, officer, post};
use super::stage::Stage;
use crate::Machine;

/// Sets the passwords of those whose pages show most, and gives the sheet that names them.
pub async fn open(stage: &Stage, machine: &Machine, city: &City) -> anyhow::Result<String> {
    let first = |kind: Kind| city.houses.iter().find(|house| house.kind == kind).context("no such house");
    let (lead, centre, emergency) = (first(Kind::Lead)?, first(Kind::Centre)?, first(Kind::Emergency)?);
    let district = city.districts.first().context("no district")?;
    let who = [
        (officer(district), "卫生健康部门", "health officer: /city, /network, /network/returns"),
        (post(lead, COORDINATOR), "网格协调员（牵头医院）", "grid coordinator of the lead hospital: /grid"),
        (post(lead, "bed_manager"), "床位管理员（牵头医院）", "bed manager of the lead hospital: /beds, /inbound"),
        (post(centre, "family_doctor"), "家庭医生（社区卫生服务中心）", "family doctor of a centre: /referrals"),
        (post(emergency, "emergency_dispatcher"), "120 调度员", "120 dispatcher: /emergency"),
        ("admin".to_owned(), "系统管理员", "administrator"),
    ];
    let mut sheet =
        String::from("演示账号 / logins of the demonstration (invented people, invented data; the districts are real)\n");
    sheet.push_str("登录 / sign in: {address}/login\n");
    let (passwords, rules, ctx) = (Passwords::new(2)?, DoorRules::default(), &stage.secrets);
    for (code, zh, en) in who {
        let login = code.to_lowercase();
        let password = format!("Demo-{}", paper_code(machine.rng.as_ref()).to_lowercase());
        let hash = passwords.hash(machine.rng.as_ref(), &password).await?;
        let mut tx = stage.db.begin(DistrictId::CITY).await?;
        let account = linli_identity::queries::account_by_login(ctx, &mut tx.conn()?, &login).await?;
        let link = make_password_link(ctx, &mut tx, account.context("no such login")?, &rules).await?;
        set_password_by_link(ctx, &mut tx, &link, &hash, [127, 0, 0, 1].into()).await?;
        tx.commit().await?;
        sheet.push_str(&format!("  {login:<12} {password}   {zh} / {en}\n"));
    }
    Ok(sheet)
}
