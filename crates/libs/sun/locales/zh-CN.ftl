# 日照与采光。$window 窗户编号（从 1 数起）。

error-sun-outline = 轮廓至少要有三个角，必须围出面积，且不能自相交
error-sun-height = 体块须从地面或地面以上开始，顶面要高于底面
error-sun-no-windows = 没有窗户，无从计算
error-sun-window = 第 { $window } 扇窗的宽度、窗台高度或朝向不合理
error-sun-window-inside = 第 { $window } 扇窗在建筑内部：窗户应在外墙上，并朝向室外
error-sun-shaft-inside = 井道伸进了建筑：只能贴着外墙
error-sun-counting = 时段、步长、角度或采样间距不合理
error-sun-place = 纬度或太阳赤纬不合理
