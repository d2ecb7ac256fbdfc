//! The treatment network: the health office keeps the register, and returns come in.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_e2e::{Device, House, Window};

use crate::tools::clean;

/// The register is kept by the health office; a day's return is told on a phone in under a minute.
pub async fn a_register_and_a_return(house: &House) -> anyhow::Result<()> {
    let institution = Window::with(house, Device::Desk, async |desk| {
        desk.sign_in(house, "weijian").await?;
        desk.go("/network/grids").await?;
        desk.see("main", "东片救治网格").await?;
        clean(desk, "the grids").await?;
        let link =
            desk.find("main section a.row-main[href^='/network/']").await?.attr("href").await?.context("an institution")?;
        desk.go(&format!("{link}/upkeep?do=closed_day")).await?;
        clean(desk, "a day off").await?;
        desk.go("/city").await?;
        clean(desk, "the city").await?;
        Ok(link)
    })
    .await?;
    ensure!(institution.starts_with("/network/"), "{institution}");
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "chuangwei").await?;
        phone.go("/network/returns").await?;
        clean(phone, "what must be told").await?;
        let begun = Instant::now();
        phone.tap("main a[href*='/fever_clinic/']").await?;
        for (field, value) in [("visits", "70"), ("rooms_open", "6"), ("transfers", "3")] {
            let field = phone.find(&format!("#f-{field}")).await?;
            field.clear().await?;
            field.send_keys(value).await?;
        }
        if phone.has("#f-because").await? {
            phone.write("#f-because", "复核后更正").await?;
        }
        phone.tap("main form .btn-main").await?;
        phone.arrive("/network/returns").await?;
        ensure!(begun.elapsed().as_secs() < 60, "a return takes {} s", begun.elapsed().as_secs());
        Ok(())
    })
    .await
}
