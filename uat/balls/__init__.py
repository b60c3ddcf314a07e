"""A formula on balls: values, slopes and curvatures of all reals of an interval at once, enclosed."""
