//! The administrator at a desk.

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

use crate::tools::count;

const HEAD: &str = "estate_code,community_code,name,kind,year_built,area_m2,households,management,manager_name,manager_credit_code,managed_since,lon,lat,crs";

async fn send(desk: &Window, house: &House, kind: &str, text: &str, dry: bool) -> anyhow::Result<()> {
    let file = house.folder().join(format!("{kind}-{}.csv", count()));
    std::fs::write(&file, text)?;
    desk.go("/admin/import").await?;
    desk.choose("#f-kind", kind).await?;
    desk.write("#f-district", "320102").await?;
    desk.give_file("#f-file", &file).await?;
    if !dry {
        desk.tap("label:has(#f-dry_run)").await?;
    }
    desk.tap("main form button[type=submit]").await?;
    desk.see("[role=status] strong", if dry { "没有写入" } else { "已导入" }).await
}

async fn counted(desk: &Window) -> anyhow::Result<Vec<String>> {
    let counted = desk.js("[...document.querySelectorAll('[role=status] dd')].map((dd) => dd.innerText.trim())").await?;
    Ok(serde_json::from_value(counted)?)
}

/// A small file of estates, tried first and then for good; a person, an account, an appointment, and the new steward's first day.
pub async fn imports_and_appoints(house: &House) -> anyhow::Result<()> {
    let mark = format!("J{}", count());
    let row = |n: u32, kind: &str, households: &str| {
        format!("{mark}{n},320102002001,试点里{mark}{n},{kind},1989,4000.50,{households},none,,,,,,\n")
    };
    let estates = format!("{HEAD}\n{}{}{}", row(1, "closed", "24"), row(2, "scattered", "30"), row(3, "round", "30"));
    let steward = format!("{mark}-guanjia").to_lowercase();
    let link = Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "admin").await?;
        send(desk, house, "estates", &estates, true).await?;
        ensure!(counted(desk).await? == ["3", "2", "0", "0", "0", "1"], "the trial run counted {:?}", counted(desk).await?);
        // Every row that is not simply taken is answered: its line in the file, and why.
        desk.see("main tbody tr td.num", "4").await?;
        desk.see("main tbody", "round").await?;
        send(desk, house, "estates", &estates, false).await?;
        ensure!(counted(desk).await? == ["3", "2", "0", "0", "0", "1"], "the run counted {:?}", counted(desk).await?);
        send(desk, house, "estates", &estates, false).await?;
        ensure!(counted(desk).await? == ["3", "0", "0", "2", "0", "1"], "the second run counted {:?}", counted(desk).await?);

        let people = format!("person_code,name,organisation_kind,organisation_name,organisation_credit_code,work_phone\n{mark}-P,试小满,property_company,{mark}试点物业,,025-0000-0007\n");
        send(desk, house, "people", &people, false).await?;
        ensure!(counted(desk).await?.get(1).is_some_and(|new| new != "0"), "nobody came in");
        let posts = format!("person_code,organisation_name,role,title,place,grid_code,public_phone,from,to\n{mark}-P,{mark}试点物业,life_steward,,{mark}1,,025-0000-0007,2024-01-01,\n");
        send(desk, house, "appointments", &posts, false).await?;
        ensure!(counted(desk).await?.get(1).is_some_and(|new| new == "1"), "the appointment was not taken: {:?}", counted(desk).await?);

        desk.go("/admin/accounts").await?;
        desk.write("#f-district", "320102").await?;
        desk.write("#f-person", &format!("{mark}-P")).await?;
        desk.write("#f-login", &steward).await?;
        desk.tap("form[method='post'][action='/admin/accounts'] button").await?;
        let link = desk.text("[role=status] code").await?;
        desk.see("main .rows", &steward).await?;
        Ok(link.find("/activate/").and_then(|at| link.get(at..)).unwrap_or_default().to_owned())
    })
    .await?;
    ensure!(!link.is_empty(), "no link was handed out");
    Window::with(house, Device::Phone, async |phone| {
        phone.go(&link).await?;
        phone.write("#f-password", "short").await?;
        phone.tap("main form button[type=submit]").await?;
        phone.see("#errors", "").await?;
        phone.write("#f-password", "Xiaoman-2026-gate").await?;
        phone.tap("main form button[type=submit]").await?;
        phone.see(".who", "试小满").await?;
        phone.see(".who", &format!("试点里{mark}1")).await?;
        phone.go("/my-day").await?;
        phone.see("main", "现在没有要做的事").await?;
        // The link works once.
        phone.go(&link).await?;
        ensure!(!phone.has("#f-password").await?, "the link works twice");
        Ok(())
    })
    .await
}
