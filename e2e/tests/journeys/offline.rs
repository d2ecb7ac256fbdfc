//! A stairwell without a signal.

use anyhow::ensure;
use linli_e2e::{Device, House, Setup, Window, Wire};

use crate::tools::{count, photo, row_of};

/// Taken and finished without a line, page loaded anew in between, and sent exactly once when the line is back.
pub async fn nothing_is_lost(house: &House) -> anyhow::Result<()> {
    let wire = Wire::to(house.address).await?;
    let setup = Setup { base: Some(format!("http://{}", wire.address)), ..Setup::from(Device::Phone) };
    let words = format!("五楼楼道灯不亮({})", count());
    let case = house.report(&house.board, &words).await?;
    Window::with(house, setup, async |phone| {
        phone.sign_in(house, "guanjia").await?;
        phone.go("/my-day").await?;
        row_of(phone, &case.number).await?;
        // The page and the cases it links are kept for later, and the worker that serves them is in charge.
        phone.until("navigator.serviceWorker?.controller !== null").await?;
        let kept = format!(
            "const done = arguments[arguments.length - 1]; caches.open('linli-pages').then((c) => c.keys()).then((k) => done(k.some((r) => r.url.includes('{}'))));",
            case.id
        );
        let begun = std::time::Instant::now();
        while phone.js_async(&kept).await? != true {
            ensure!(begun.elapsed().as_secs() < 30, "the case was not kept for a place without a line");
        }

        wire.cut();
        phone.offline(true).await?;
        let row = row_of(phone, &case.number).await?;
        phone.tap(&format!("{row} form[action$='/take'] button")).await?;
        phone.see("#queue-line", "还没发出").await?;
        phone.see(&row, "还没发出").await?;
        ensure!(phone.number("document.querySelectorAll('#queue-line li').length").await? == 1.0, "not one entry waits");

        // The page is closed and opened again without a line; the case is there, and taking it is not offered twice.
        phone.reload().await?;
        phone.see("#queue-line", &format!("接单 {}", case.number)).await?;
        let row = row_of(phone, &case.number).await?;
        phone.until(&format!("document.querySelector(\"{row} form[action$='/take']\").hidden")).await?;
        phone.tap(&format!("{row} [data-queue-mark] a.btn")).await?;
        phone.see("main", &words).await?;
        phone.see("#queue-line", "还没发出").await?;
        // Without a photo and without a reason it would be refused later, when nobody is at the screen: it is not stored at all.
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.see("form[action$='/finish'] [data-queue-wrong]", "请拍一张处理后的照片").await?;
        ensure!(phone.number("document.querySelectorAll('#queue-line li').length").await? == 1.0, "what would be refused was stored");
        phone.give_file("form[action$='/finish'] input[type=file]", &photo(house)?).await?;
        phone.see("[data-photo-note]", "照片已就绪").await?;
        phone.write("#f-done", "换了新灯泡").await?;
        phone.tap("form[action$='/finish'] button[type=submit]").await?;
        phone.see("#queue-line", "2 条还没发出").await?;
        phone.reload().await?;
        phone.see("#queue-line", "2 条还没发出").await?;
        let (_, page) = house.get(&case.link).await?;
        ensure!(!page.contains("换了新灯泡"), "it was sent over a line that is dead");

        wire.mend();
        phone.offline(false).await?;
        phone.until("document.getElementById('queue-line').hidden").await?;
        phone.go(&format!("/cases/{}", case.id)).await?;
        phone.see("main", "等报事人确认").await?;
        for (step, times) in [("已接单", 1), ("处理完成", 1), ("换了新灯泡", 1)] {
            let found = phone.text(".timeline").await?.matches(step).count();
            ensure!(found == times, "“{step}” stands {found} times in the timeline");
        }
        phone.until("document.querySelectorAll('.timeline .thumbs img').length === 1").await?;
        ensure!(phone.js("document.getElementById('queue-line').hidden").await? == true, "something still waits");
        // The page to sign in on: nobody is here any more, and no page of whoever was is left on the phone.
        phone.go("/login").await?;
        let left = "const done = arguments[arguments.length - 1]; caches.has('linli-pages').then(done);";
        ensure!(phone.js_async(left).await? == false, "kept pages outlive the session");
        Ok(())
    })
    .await
}
