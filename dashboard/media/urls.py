from django.urls import path

from dashboard.media.views import media_file, media_forget, media_host, media_panel, media_wanted

urlpatterns = [
    path("wanted/", media_wanted, name="media-wanted"),
    path("panel/<int:pk>/", media_panel, name="media-panel"),
    path("forget/<int:pk>/", media_forget, name="media-forget"),
    path("host/<int:pk>/", media_host, name="media-host"),
    path("<str:token>/<str:name>", media_file, name="media-file"),
]
