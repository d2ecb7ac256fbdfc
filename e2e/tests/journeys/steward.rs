//! A life steward with a phone.

use anyhow::ensure;
use linli_e2e::{Device, House, Window};

use crate::tools::{count, photo, row_of};

/// My day has the case; it is taken and finished with a photo: at most four taps and the photo.
pub async fn takes_and_finishes(house: &House) -> anyhow::Result<()> {
    let case = house.report(&house.board, &format!("二楼窗玻璃碎了({})", count())).await?;
    Window::with(house, Device::Phone, async |phone| {
        phone.sign_in(house, "guanjia").await?;
        let before = phone.taps();
        phone.tap_nav("/my-day").await?;
        let row = row_of(phone, &case.number).await?;
        phone.tap(&format!("{row} form[action$='/take'] button")).await?;
        phone.until(&format!("!document.querySelector(\"form[action$='/cases/{}/take']\")", case.id)).await?;
        if !phone.path().await?.starts_with("/cases/") {
            let row = row_of(phone, &case.number).await?;
            phone.tap(&format!("{row} a.btn[href*='#finish']")).await?;
        }
        phone.arrive("/cases/").await?;
        phone.see("main", "正在处理").await?;
        phone.give_file("form[action$='/finish'] input[type=file]", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        phone.write("#f-done", "换了玻璃").await?;
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.until(&format!("!document.querySelector(\"form[action$='/cases/{}/finish']\")", case.id)).await?;
        let taps = phone.taps() - before;
        ensure!(taps <= 4, "taking and finishing took {taps} taps");
        phone.go(&format!("/cases/{}", case.id)).await?;
        phone.see("main", "等报事人确认").await?;
        phone.see(".timeline", "换了玻璃").await?;
        phone.until("[...document.querySelectorAll('.timeline img')].every((img) => img.getAttribute('alt'))").await?;
        // Whoever did the work cannot say for the reporter that it is done.
        ensure!(!phone.has("form[action$='/confirm']").await?, "the steward may confirm their own work");
        Ok(())
    })
    .await?;
    let (status, page) = house.get(&case.link).await?;
    ensure!(status == 200 && page.contains("换了玻璃"), "the reporter does not see what was done");
    Ok(())
}
