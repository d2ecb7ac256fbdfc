# Sun and daylight. $window number of a window, from 1.

error-sun-outline = An outline needs three corners or more, must enclose an area and must not cross itself
error-sun-height = A block must begin at the ground or above it and end higher than it begins
error-sun-no-windows = There is no window to look from
error-sun-window = Window { $window }: its width, sill or direction is not possible
error-sun-window-inside = Window { $window } is inside a building: it must lie on an outer wall and look away from it
error-sun-shaft-inside = The shaft reaches into a building: it may only touch its outer wall
error-sun-counting = The hours, the step, the angle or the spacing is not possible
error-sun-place = The latitude or the declination is not possible
