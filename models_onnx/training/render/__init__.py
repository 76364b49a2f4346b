"""Radiographs rendered from CT volumes: geometry, physics and film looks of our own (numpy + OpenCV).

Axes and units everywhere: volumes are (z, y, x) with z head to foot, y anterior to posterior, x patient's right to
left; lengths in millimetres, angles in degrees, densities in g/cm3. ``yaw_deg`` > 0 means that the patient's *left
side is turned forward* out of the named view; 0 is the true view by left-right symmetry of the rib cage.
"""
